"""A directory and its blog by the generated client."""
from sevra_client.api.posts import create_post, list_posts
from sevra_client.api.salons import add_salon_services, create_salon, get_salon, list_salons, update_salon
from sevra_client.api.search import search
from sevra_client.api.views import view_related_posts
from sevra_client.client import AuthenticatedClient
from sevra_client.models import (City, CreatePost, CreateSalon, CreateSalonLocationType0, ExpandSalon, ListSalonsSortItem, SalonStatus,
                                 SalonVerification, UpdateSalon)
from using import connected, data, identifier, refused

client = connected(AuthenticatedClient)
salon = data(create_salon.sync_detailed(client=client, body=CreateSalon(
    name="سالن ونک", city=identifier("city"), price_tier=2, location=CreateSalonLocationType0(lat=35.7, lng=51.4))), 201)
assert salon.slug == "سالن-ونک" and salon.status is SalonStatus.ACTIVE and salon.location.lat == 35.7, salon
assert salon.seo.canonical.endswith("/atlas/salon/سالن-ونک"), salon.seo
found = data(list_salons.sync_detailed(client=client, price_tier=[2, 4], verified=[False], sort=[ListSalonsSortItem.RATING_AVG_DESCENDING],
                                       expand=[ExpandSalon.CITY, ExpandSalon.NEIGHBORHOOD]))
assert [one.id for one in found] == [salon.id], found
assert isinstance(found[0].expanded.city, City) and found[0].expanded.neighborhood is None, found
changed = data(update_salon.sync_detailed(str(salon.id), client=client, body=UpdateSalon(verification=SalonVerification.VERIFIED)))
assert changed.verification is SalonVerification.VERIFIED
added = add_salon_services.sync_detailed(str(salon.id), client=client, body=[identifier("service")])
assert added.status_code == 200, added.content
assert [one.id for one in data(get_salon.sync_detailed(salon.slug, client=client)).services] == [identifier("service")]
fault = refused(create_salon.sync_detailed(client=client, body=CreateSalon(name="x", price_tier=7)), 400, "VALIDATION_ERROR")
assert [detail.path for detail in fault.details] == ["price_tier"], fault
assert [one.id for one in data(search.sync_detailed(client=client, q="ونک")).salons] == [salon.id]

post = data(create_post.sync_detailed(client=client, body=CreatePost(title="Second", excerpt="More", content="<p>Words.</p>")), 201)
assert data(list_posts.sync_detailed(client=client, q="Second"))[0].id == post.id
assert isinstance(data(view_related_posts.sync_detailed(post.slug, client=client)), list)
