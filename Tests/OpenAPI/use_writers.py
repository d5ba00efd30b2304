"""Tasks by the generated client: made, found, changed, moved through their states, brought back."""
import datetime

from writers_client.api.tasks import begin_task, create_task, delete_task, finish_task, get_task, list_tasks, restore_task, update_task
from writers_client.client import AuthenticatedClient
from writers_client.models import CreateTask, ExpandTask, ListTasksSortItem, MediaObject, TaskKind, TaskStatus, UpdateTask, User
from using import connected, data, identifier, refused

client = connected(AuthenticatedClient)
due = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
task = data(create_task.sync_detailed(client=client, body=CreateTask(title="Write", kind=TaskKind.NOTE, due_date=due)), 201)
assert task.status is TaskStatus.PENDING and task.kind is TaskKind.NOTE and task.due_date == due and task.owner == identifier("admin"), task
refused(create_task.sync_detailed(client=client, body=CreateTask(title="No file", kind=TaskKind.AUDIO)), 400, "VALIDATION_ERROR")

found = data(list_tasks.sync_detailed(client=client, kind=[TaskKind.DOCUMENT, TaskKind.AUDIO], sort=[ListTasksSortItem.DUE_DATE_DESCENDING],
                                      expand=[ExpandTask.OWNER, ExpandTask.FILE]))
assert [one.id for one in found] == [identifier("other")], found
assert isinstance(found[0].file, MediaObject) and found[0].file.id == identifier("file"), found
assert isinstance(found[0].expanded.owner, User) and found[0].expanded.owner.username == "admin", found

changed = data(update_task.sync_detailed(task.id, client=client, body=UpdateTask(title="Write it", due_date=None)))
assert changed.title == "Write it" and changed.due_date is None
assert data(begin_task.sync_detailed(task.id, client=client)).status is TaskStatus.IN_PROGRESS
done = data(finish_task.sync_detailed(task.id, client=client))
assert done.status is TaskStatus.COMPLETED and done.completed_at is not None
refused(begin_task.sync_detailed(task.id, client=client), 409, "INVALID_TRANSITION")
assert delete_task.sync_detailed(task.id, client=client).status_code == 204
refused(get_task.sync_detailed(task.id, client=client), 404, "NOT_FOUND")
assert data(restore_task.sync_detailed(task.id, client=client)).title == "Write it"
