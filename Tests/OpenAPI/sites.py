"""The sites whose OpenAPI documents are held to what they answer: how each is started, who asks, and a few records of each collection."""
import json, os, re, signal, subprocess, time, urllib.error, urllib.request
from dataclasses import dataclass, field

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PASSWORD = "Correct horse battery staple 7"
# What the files ask of their environment; nothing is sent anywhere.
SECRETS = {
    name: "dummy"
    for name in ("S3_ACCESS_KEY", "S3_SECRET_KEY", "KAVENEGAR_KEY", "SMSIR_KEY", "BACKUP_KEY", "SMTP_PASSWORD", "TASK_WEBHOOK_SECRET",
                 "ACTIVITY_WEBHOOK_SECRET", "ALERT_WEBHOOK_SECRET")
}
# No certificate, no network; limits per address would count all requests of a run as one caller's.
ALONE = ["tls.mode=off", "storage.driver=local", "server.limits.default=100000/s per ip"]
# The smallest PNG: one pixel.
PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c626001000000ffff03000006000557bfabd400"
                      "00000049454e44ae426082")


@dataclass
class Site:
    name: str
    file: str
    admin: dict
    settings: list = field(default_factory=list)
    # path of a list, fields; `$name` is the id of what was made under that name before.
    seeds: list = field(default_factory=list)
    # What members of bodies and paths refer to: names of seeds, also as "collection:name".
    references: dict = field(default_factory=dict)
    # Fields by which the administrator of a run could end his own rights: a request with one of them is left out.
    own_rights: tuple = ()
    # Requests of the fuzzing phase for each operation: fewer where there are many operations.
    examples: int = 20

    def values(self, name, ids):
        """What a member of that name may hold, given the ids of the seeds."""
        found = []
        for reference in self.references.get(name, []):
            collection, colon, seed = reference.rpartition(":")
            if seed in ids: found.append(f"{collection}{colon}{ids[seed]}")
        return found

    def start(self, atlas, work):
        """Serves on an empty directory and signs the administrator in; gives a Served."""
        os.makedirs(work)
        options = ["--config", os.path.join(ROOT, self.file)]
        for setting in [f"app.data_dir={work}/data", 'server.http=["127.0.0.1:0"]', f"storage.dir={work}/files", *self.settings]:
            options += ["--set", setting]
        environment = {**os.environ, **SECRETS}
        fields = [f"{name}={value}" for name, value in {"email": "admin@example.com", **self.admin}.items()]
        subprocess.run([atlas, "user", "create", *options, *fields, "password=-"], input=PASSWORD, text=True, check=True, env=environment,
                       stdout=subprocess.DEVNULL)
        log = open(f"{work}/serve.log", "w+")
        process = subprocess.Popen([atlas, "serve", *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        served = Served(self, process, log)
        try:
            served.wait()
            served.sign_in()
            served.seed()
        except BaseException:
            process.kill()
            raise
        return served


class Refused(SystemExit):
    """An answer that is no success."""


class Served:
    def __init__(self, site, process, log):
        self.site, self.process, self.log = site, process, log
        self.headers, self.ids, self.lists = {}, {}, {}

    @staticmethod
    def of(site, context):
        """One that another process has started, by what that says of it."""
        served = Served(site, None, None)
        for name in ("address", "headers", "ids", "lists"): setattr(served, name, context[name])
        return served

    def wait(self, seconds=30):
        """Until it has printed where it listens."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in open(self.log.name):
                if '"addresses"' in line:
                    self.address = json.loads(line)["addresses"][0]
                    return
            if self.process.poll() is not None: break
            time.sleep(0.05)
        raise SystemExit(f"{self.site.name}: the program did not come up: {open(self.log.name).read()[-2000:]}")

    def sign_in(self):
        user = self.ask("POST", "/auth/login", {"email": "admin@example.com", "password": PASSWORD})
        self.token, self.ids["admin"] = user["access_token"], user["user"]["id"]
        self.headers["authorization"] = f"Bearer {self.token}"

    def seed(self):
        for name, path, fields in self.site.seeds:
            record = self.make(path, fields)
            self.ids[name] = record["id"]
            self.lists.setdefault(path, []).append(record["id"])
            # Whoever founds a tenant works in it from then on.
            if path == "/tenants": self.headers["x-tenant"] = record["id"]

    def make(self, path, fields):
        """One more record of that list."""
        if path == "/media": return self.upload(fields["kind"], fields["file"])
        return self.ask("POST", self.filled(path), self.filled(fields))

    def filled(self, value):
        if isinstance(value, str): return re.sub(r"\$(\w+)", lambda found: self.ids[found[1]], value)
        if isinstance(value, list): return [self.filled(item) for item in value]
        if isinstance(value, dict): return {name: self.filled(item) for name, item in value.items()}
        return value

    def ask(self, method, path, body=None, data=None, headers=None):
        if data is None and body is not None: data, headers = json.dumps(body).encode(), {"content-type": "application/json"}
        request = urllib.request.Request(f"{self.address}/api/v1{path}", data, {**self.headers, **(headers or {})}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return None if answer.status == 204 else json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise Refused(f"{self.site.name}: {method} {path} {body}: {error.code} {error.read().decode()}")

    def upload(self, kind, file):
        parts = [b'--edge\r\ncontent-disposition: form-data; name="kind"\r\n\r\n' + kind.encode(),
                 f'--edge\r\ncontent-disposition: form-data; name="file"; filename="{file[0]}"\r\ncontent-type: {file[1]}\r\n\r\n'.encode()
                 + file[2], b"--edge--\r\n"]
        return self.ask("POST", "/media", data=b"\r\n".join(parts), headers={"content-type": "multipart/form-data; boundary=edge"})

    def document(self):
        with urllib.request.urlopen(f"{self.address}/openapi.json", timeout=30) as answer: return json.load(answer)

    def end(self):
        """SIGTERM; the status it ended with."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


IMAGE = ("pixel.png", "image/png", PIXEL)
TEXT = ("note.txt", "text/plain", b"A note.\n")
SITES = {
    site.name: site
    for site in (
        Site("blog", "atlas.toml.example", {"name": "Admin", "role": "ADMIN"}, own_rights=("role",), seeds=[
            ("image", "/media", {"kind": "image", "file": IMAGE}),
            ("tag", "/tags", {"name": "Swift"}),
            ("post", "/posts", {"title": "Hello", "body": "First.", "tags": ["$tag"]}),
            ("public", "/posts", {"title": "Out", "body": "Second."}),
            ("public", "/posts/$public/publish", {}),
            ("comment", "/comments", {"post": "$public", "body": "Well said."}),
        ], references={"cover": ["image"], "tags": ["tag"], "post": ["public"]}),
        Site("sevra", "Tests/Examples/sevra.toml",
             {"username": "admin", "first_name": "Ada", "last_name": "Admin", "role": "ADMIN"},
             [*ALONE, "sms.driver=file", 'auth.methods=["otp", "password"]'], own_rights=("role", "status"), examples=3, seeds=[
                 ("image", "/media", {"kind": "image", "file": IMAGE}),
                 ("province", "/provinces", {"name_fa": "تهران", "name_en": "Tehran"}),
                 ("city", "/cities", {"province": "$province", "name_fa": "تهران", "name_en": "Tehran"}),
                 ("neighborhood", "/neighborhoods", {"city": "$city", "name_fa": "ونک"}),
                 ("kind", "/service_categories", {"name_fa": "مو"}),
                 ("service", "/services", {"category": "$kind", "name_fa": "کوتاهی"}),
                 ("specialty", "/specialties", {"name_fa": "رنگ"}),
                 ("salon", "/salons", {"name": "سالن الهه", "city": "$city", "price_tier": 3, "avatar": "$image", "services": [{"id": "$service"}]}),
                 ("artist", "/artists", {"full_name": "Elahe", "city": "$city"}),
                 ("certificate", "/certifications", {"artist": "$artist", "title": "Colour", "issuer": "School"}),
                 ("author", "/authors", {"user": "$admin", "display_name": "Ada"}),
                 ("category", "/blog/categories", {"name": "News"}),
                 ("tag", "/blog/tags", {"name": "Hair"}),
                 ("series", "/blog/series", {"title": "Care"}),
                 ("post", "/blog/posts", {"title": "Hello", "excerpt": "First", "content": "<p>First.</p>", "category": "$category"}),
                 ("page", "/blog/pages", {"title": "About", "content": "<p>Us.</p>"}),
                 ("menu", "/menus", {"name": "Top", "location": "header"}),
                 ("item", "/menu_items", {"menu": "$menu", "label": "Home", "url": "/"}),
                 ("public", "/blog/posts", {"title": "Out", "excerpt": "Second", "content": "<p>Second.</p>", "tags": ["$tag"]}),
                 ("public", "/blog/posts/$public/publish", {}),
                 ("comment", "/blog/comments", {"post": "$public", "content": "Well said."}),
                 ("report", "/reports", {"target": "salons:$salon", "reason": "Closed"}),
             ], references={
                 "city": ["city"], "neighborhood": ["neighborhood"], "province": ["province"], "category": ["kind", "category"],
                 "avatar": ["image"], "cover": ["image"], "gallery": ["image"], "services": ["service"], "artists": ["artist"],
                 "owners": ["admin"], "specialties": ["specialty"], "artist": ["artist"], "target": ["salons:salon", "artists:artist"],
                 "user": ["admin"], "series": ["series"], "tags": ["tag"], "attachments": ["image"], "post": ["public"], "menu": ["menu"],
             }),
        Site("writers", "Tests/Examples/writers.toml", {"username": "admin", "full_name": "Ada Admin", "is_superuser": "true"},
             [*ALONE, "mail.driver=file", 'auth.transport=["bearer"]'], own_rights=("is_active", "is_superuser"), seeds=[
                 ("file", "/media", {"kind": "document", "file": TEXT}),
                 ("task", "/tasks", {"title": "A note", "kind": "note"}),
                 ("other", "/tasks", {"title": "A document", "kind": "document", "file": "$file"}),
             ], references={"file": ["file"]}),
        Site("orders", "Tests/Examples/orders.toml", {"name": "Admin", "is_root": "true"},
             [*ALONE, "mail.driver=file", 'auth.transport=["bearer"]'], own_rights=("is_root", "plan", "status", "role"), seeds=[
                 ("tenant", "/tenants", {"name": "Acme", "plan": "enterprise"}),
                 ("file", "/media", {"kind": "upload", "file": IMAGE}),
                 ("order", "/orders", {"customer_name": "Bob", "customer_email": "bob@example.com", "tax_rate": "0.1000",
                                       "items": [{"name": "Bolt", "quantity": 3, "unit_price": "1.25"}]}),
                 ("another", "/orders", {"customer_name": "Eve", "customer_email": "eve@example.com", "currency": "EUR",
                                         "items": [{"name": "Nut", "quantity": 1, "unit_price": "0.50"}]}),
                 ("invitation", "/invitations", {"email": "carol@example.com", "role": "member"}),
                 ("hook", "/hooks", {"url": "https://example.com/hook", "events": ["orders.created"]}),
                 ("item", "/order_items", {"order": "$order", "name": "Nut", "quantity": 1, "unit_price": "0.50"}),
                 ("person", "/users", {"email": "person@example.com", "name": "P", "password": PASSWORD}),
                 ("order", "/orders/$order/attachments", {"id": "$file"}),
             ], references={"attachments": ["file"], "order": ["order", "another"]}),
    )
}
