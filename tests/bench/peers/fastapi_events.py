"""A peer: the event log as a list in memory, lost when the process ends."""

import datetime
import uuid

import fastapi
import pydantic

EVENTS = []
BY_ID = {}

app = fastapi.FastAPI()


class NewEvent(pydantic.BaseModel):
    user_id: str = pydantic.Field(min_length=1, max_length=256)
    description: str = pydantic.Field(min_length=1, max_length=4096)


class Event(NewEvent):
    event_id: uuid.UUID
    status: str
    created_at: datetime.datetime
    updated_at: datetime.datetime


def add(new, response):
    now = datetime.datetime.now(datetime.timezone.utc)
    event = Event(event_id=uuid.uuid4(), status="NotProcessed",
                  created_at=now, updated_at=now, **new.dict())
    EVENTS.append(event)
    BY_ID[event.event_id] = event
    response.headers["Location"] = "/events/%s" % event.event_id
    return event


@app.post("/events", status_code=201, response_model=Event)
async def post(new: NewEvent, response: fastapi.Response):
    return add(new, response)


@app.post("/threads/events", status_code=201, response_model=Event)
def post_in_a_thread(new: NewEvent, response: fastapi.Response):
    """The same as a plain function, which FastAPI runs in a pool of threads:
    what a handler has to be that waits for a database or a broker."""
    return add(new, response)


@app.get("/events/{event_id}", response_model=Event)
async def get(event_id: uuid.UUID):
    if event_id not in BY_ID:
        raise fastapi.HTTPException(404)
    return BY_ID[event_id]
