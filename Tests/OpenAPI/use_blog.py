"""Posts by the generated client, and an upload."""
import io

from blog_client.api.media import get_media_content, get_media_status, upload_media
from blog_client.api.posts import create_post, get_post, list_posts, publish_post, update_post
from blog_client.client import AuthenticatedClient
from blog_client.models import CreatePost, ExpandPost, PostStatus, UpdatePost, UploadMediaBody, UploadMediaBodyKind, User
from blog_client.types import File
from using import connected, data, identifier, refused

client = connected(AuthenticatedClient)
post = data(create_post.sync_detailed(client=client, body=CreatePost(title="Typed", body="Words.", tags=[identifier("tag")])), 201)
assert post.status is PostStatus.DRAFT and post.slug == "typed", post
assert data(publish_post.sync_detailed(post.slug, client=client)).status is PostStatus.PUBLISHED
found = data(list_posts.sync_detailed(client=client, status=[PostStatus.PUBLISHED], expand=[ExpandPost.AUTHOR]))
assert found[0].id == post.id and isinstance(found[0].expanded.author, User), found
assert data(update_post.sync_detailed(post.slug, client=client, body=UpdatePost(title="Typed again"))).title == "Typed again"
assert data(get_post.sync_detailed(str(post.id), client=client)).title == "Typed again"
refused(get_post.sync_detailed("no-such-post", client=client), 404, "NOT_FOUND")
refused(create_post.sync_detailed(client=client, body=CreatePost(title="", body="")), 400, "VALIDATION_ERROR")

content = get_media_content.sync_detailed(identifier("image"), client=client).parsed
content = content.payload.read()
assert content.startswith(b"\x89PNG"), content[:20]
name = File(payload=io.BytesIO(content), file_name="again.png", mime_type="image/png")
taken = data(upload_media.sync_detailed(client=client, body=UploadMediaBody(kind=UploadMediaBodyKind.IMAGE, file=name)), 202)
assert data(get_media_status.sync_detailed(taken.id, client=client)).id == taken.id
