#!/usr/bin/env python3
"""Writes the sample datasets beside this file, from the generator that the demo model was trained with and a seed it was not.

usage: make_samples.py [FOLDER]
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20260101  # training and evaluation used 1 to 5 and 999
COUNT = 240
MANY = 2000  # for measuring; enough that an engine is busy for more than its start
PER_TASK_IN_DEMO = 20
PER_BATCH = 8

# The generator takes its seed from the command line when it is imported.
folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
sys.argv = ["corpus.py", "0", str(SEED)]
sys.path.insert(0, str(HERE / "demo-model"))
import corpus  # noqa: E402


def write(name, rows):
    with open(folder / name, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{name}: {len(rows)} rows")


def distinct(prefix, make, count=COUNT):
    """Rows whose first value occurs once, with ids of one width."""
    seen, rows = set(), []
    while len(rows) < count:
        row = make()
        key = next(iter(row.values()))
        if key not in seen:
            seen.add(key)
            rows.append({"id": f"{prefix}-{len(rows) + 1:0{len(str(count))}d}", **row})
    return rows


def story():
    thing, place = corpus.a(corpus.c(corpus.OBJ)), corpus.c(corpus.PLACES)
    return {
        "prompt": corpus.c(
            [
                f"Write a short story about {thing}.",
                f"Tell me a story about {thing} and {place}.",
                f"Tell a story set in {place}.",
                f"Please write a story with {thing} in it.",
            ]
        )
    }


def labelled(make, name):
    def row():
        text, gold = make()
        return {"text": text, name: gold}

    return row


def person():
    text, gold = corpus.person()
    return {"text": text, "person": json.loads(gold)}


stories = distinct("story", story)
reviews = distinct("review", labelled(corpus.review, "sentiment"))
headlines = distinct("headline", labelled(corpus.headline, "topic"))
people = distinct("person", person)
# Last, so that the files above stay what they are.
many_reviews = distinct("review", labelled(corpus.review, "sentiment"), MANY)

QUESTIONS = {
    "sentiment": "Is this review positive or negative?\n",
    "topic": "Which topic is this headline about: sports, business, science, politics, food or travel?\n",
    "people": "Extract name, age, job and city as JSON.\n",
}
demo = [
    {"id": row["id"], "task": "story", "prompt": row["prompt"], "gold": None} for row in stories[:PER_TASK_IN_DEMO]
]
for task, rows, gold in [
    ("sentiment", reviews, lambda row: row["sentiment"]),
    ("people", people, lambda row: json.dumps(row["person"])),
]:
    for row in rows[:PER_TASK_IN_DEMO]:
        demo.append({"id": row["id"], "task": task, "prompt": QUESTIONS[task] + row["text"], "gold": gold(row)})

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "job": {"type": "string"},
        "city": {"type": "string"},
    },
    "required": ["name", "age", "job", "city"],
    "additionalProperties": False,
}


def request(custom_id, url, body):
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": {"model": "promptmill-demo", **body}}


def chat(row, content, **fields):
    messages = [{"role": "user", "content": content}]
    return request(row["id"], "/v1/chat/completions", {"messages": messages, **fields})


batch = [chat(row, row["prompt"], temperature=0.7, top_p=0.95, seed=7, max_tokens=200) for row in stories[:PER_BATCH]]
batch += [chat(row, QUESTIONS["sentiment"] + row["text"], max_tokens=4) for row in reviews[:PER_BATCH]]
batch += [
    chat(
        row,
        [{"type": "text", "text": QUESTIONS["people"]}, {"type": "text", "text": row["text"]}],
        max_completion_tokens=64,
        response_format={"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON, "strict": True}},
    )
    for row in people[:PER_BATCH]
]
batch += [
    request(f"opening-{number}", "/v1/completions", {"prompt": text, "max_tokens": 40, "stop": ["."]})
    for number, text in enumerate(["Once there was a", "The next morning the"], 1)
]


def embedding(row, content, **fields):
    return request(row["id"], "/v1/embeddings", {"input": content, **fields})


embeddings = [embedding(row, row["text"]) for row in headlines[: PER_BATCH - 2]]
embeddings += [
    embedding(reviews[0], [row["text"] for row in reviews[:3]]),
    embedding(reviews[3], reviews[3]["text"], dimensions=64, encoding_format="base64"),
]

write("stories.jsonl", stories)
write("reviews.jsonl", reviews)
write("reviews-2000.jsonl", many_reviews)
write("headlines.jsonl", headlines)
write("people.jsonl", people)
write("demo.jsonl", demo)
write("openai-batch.jsonl", batch)
write("openai-embeddings.jsonl", embeddings)
