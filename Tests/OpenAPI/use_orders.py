"""A back office by the generated client: an order with its items, through its states."""
from orders_client.api.batch import batch
from orders_client.api.orders import cancel_order, create_order, delete_order, get_order, list_orders, process_order, ship_order, update_order
from orders_client.api.views import view_dashboard
from orders_client.client import AuthenticatedClient
from orders_client.models import (BatchBody, BatchBodyOperationsItem, BatchBodyOperationsItemMethod, CancelOrderBody, CreateOrder,
                                  CreateOrderItemsItem, CreateOrderShippingAddressType0, ExpandOrder, OrderCurrency, OrderItem, OrderStatus,
                                  UpdateOrder, User)
from using import connected, data, identifier, refused

client = connected(AuthenticatedClient)
made = create_order.sync_detailed(client=client, body=CreateOrder(
    customer_name="Carol", customer_email="carol@example.com", currency=OrderCurrency.GBP, tax_rate="0.2",
    shipping_address=CreateOrderShippingAddressType0(line1="1 High Street", city="Leeds", country="GB"),
    items=[CreateOrderItemsItem(name="Bolt", quantity=4, unit_price="2.50")]))
order = data(made, 201)
assert order.status is OrderStatus.PENDING and order.currency is OrderCurrency.GBP and order.total == "12.00", order
assert isinstance(order.items[0], OrderItem) and order.items[0].total == "10.00" and order.shipping_address.city == "Leeds", order

# Several values of one filter, as the generator writes lists.
found = list_orders.sync_detailed(client=client, currency=[OrderCurrency.GBP, OrderCurrency.EUR], expand=[ExpandOrder.CREATED_BY, ExpandOrder.ATTACHMENTS])
orders = data(found)
assert {one.currency for one in orders} == {OrderCurrency.GBP, OrderCurrency.EUR}, orders
assert found.parsed.meta.pagination.total_items == len(orders)
assert all(isinstance(one.expanded.created_by, User) and one.attachments == [] for one in orders), orders
assert [one.id for one in data(list_orders.sync_detailed(client=client, email=["carol@example.com"]))] == [order.id]

one = get_order.sync_detailed(order.id, client=client)
tag = one.headers["etag"]
assert data(one).number == order.number
changed = data(update_order.sync_detailed(order.id, client=client, if_match=tag, body=UpdateOrder(notes="call first")))
assert changed.notes == "call first" and changed.version == order.version + 1
refused(update_order.sync_detailed(order.id, client=client, if_match=tag, body=UpdateOrder(notes="again")), 412, "PRECONDITION_FAILED")
fault = refused(create_order.sync_detailed(client=client, body=CreateOrder(customer_name="", customer_email="no")), 400, "VALIDATION_ERROR")
assert {"customer_name", "customer_email"} <= {detail.path for detail in fault.details}, fault

assert data(process_order.sync_detailed(order.id, client=client)).status is OrderStatus.PROCESSING
refused(process_order.sync_detailed(order.id, client=client), 409, "INVALID_TRANSITION")
shipped = data(ship_order.sync_detailed(order.id, client=client))
assert shipped.status is OrderStatus.SHIPPED and shipped.shipped_at.year > 2000
other = data(cancel_order.sync_detailed(identifier("another"), client=client, body=CancelOrderBody(reason="out of stock")))
assert other.status is OrderStatus.CANCELLED

several = data(batch.sync_detailed(client=client, body=BatchBody(operations=[
    BatchBodyOperationsItem(method=BatchBodyOperationsItemMethod.DELETE, path=f"/orders/{order.id}")])))
assert [answer.status for answer in several] == [204], several
refused(get_order.sync_detailed(order.id, client=client), 404, "NOT_FOUND")
refused(delete_order.sync_detailed(order.id, client=client), 404, "NOT_FOUND")
assert data(view_dashboard.sync_detailed(client=client)).orders.value >= 2
