"""What travels between the page and the server; the page's types are generated from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(max_length=1 << 20)]  # of a bounded text half characters are refused
Item = Text | int


class Wire(BaseModel):
    model_config = ConfigDict(extra="forbid")


# ---------------------------------------------------------------- shown


class Class(Wire):
    name: str
    key: str | None = Field(None, description="the key that chooses it; None where it has none of its own")
    count: int = Field(0, description="how many labels it has now")
    description: str = ""


class FieldOf(Wire):
    name: str
    value: str


class Content(Wire):
    """What is shown of an item: a text, a picture (``url``) or a row of named fields."""

    kind: Literal["text", "image", "row"]
    text: str | None = None
    url: str | None = None
    fields: list[FieldOf] = []
    meta: list[FieldOf] = Field([], description="small print: other columns of the item")


class Suggestion(Wire):
    value: str
    proba: float
    runners_up: list[tuple[str, float]] = []


class Why(Wire):
    """Why this item: in a sentence, and in figures."""

    arm: Literal["active", "random", "overlap", "reopened"]
    text: str
    strategy: str = ""
    score: float | None = None
    rank: int | None = None
    probability: float | None = None
    model: str | None = None
    quick: bool = Field(False, description="this model stands in for one that trains in the background")


class Question(Wire):
    query: str
    item: Item
    content: Content
    why: Why
    made: bool = Field(False, description="whether it was made for this question, and is no item of the pool")
    suggestion: Suggestion | None = Field(
        None, description="None while cold, and when it is hidden on purpose"
    )
    hidden: bool = False
    until: float | None = None
    previous: str | None = Field(None, description="the annotator's own earlier answer, when reopened")
    flagged: bool = False
    comment: str = ""


class Quality(Wire):
    """Share of right predictions on items drawn at random, with its interval."""

    estimate: float
    low: float
    high: float
    n: int
    confidence: float = 0.95


class Learner(Wire):
    phase: Literal["starting", "encoding", "waiting", "training", "scoring", "idle", "failed", "stopped"]
    fraction: float | None = None
    note: str = ""
    version: str | None = None
    labels: int = Field(0, description="labels that the model in force was trained on")


class Verdict(Wire):
    stop: bool
    progress: float
    reason: str


class Progress(Wire):
    items: int
    labelled: int
    mine: int
    today: int
    skipped: int
    flagged: int
    spent: int = Field(0, description="answers that the budget counts")
    budget: int | None = None
    target: float | None = None
    left: int | None = Field(
        None,
        description="labels still needed for the target, estimated, or left of the budget; None if unknown",
    )
    seconds_left: float | None = None
    quality: Quality | None = Field(None, description="mean over all models so far, at any look")
    now: Quality | None = Field(None, description="the model of now; None until its interval holds")
    learner: Learner
    background: Learner | None = Field(None, description="what trains a slow model, where there is one")
    verdict: Verdict
    head: int = Field(0, description="number of the last event; grows with every change")
    frame: int = Field(0, description="another number whenever classes or settings have changed")


class Settings(Wire):
    title: str = ""
    guidelines: str = ""
    strategy: str = "default"
    random_share: float | str = Field(0.1, description="a share, or how it falls: 0.5/sqrt, 0.5->0.05/200")
    random_now: float = Field(0.1, ge=0, le=1, description="the random share at this moment")
    hide_share: float = Field(0.1, ge=0, le=1)
    overlap: int = Field(1, ge=1, le=50)
    lease: float = Field(900.0, gt=0)
    budget: int | None = Field(None, ge=1)
    target: float | None = Field(None, gt=0, lt=1)
    skipped: Literal["out", "others", "back"] = "out"
    open_classes: bool = True
    class_descriptions: dict[str, str] = {}


class CampaignView(Wire):
    id: str = Field(
        "", description="which campaign this is, for ever: the page keeps unsent answers under it"
    )
    title: str
    kind: Literal["text", "image", "row"]
    classes: list[Class]
    settings: Settings
    progress: Progress
    skip_causes: list[str] = ["unclear", "not relevant", "broken", "later"]
    version: str


class NextReply(Wire):
    questions: list[Question]
    done: str | None = Field(
        None, description="why there is no (further) question: pool empty, budget spent, all out"
    )


class Opinion(Wire):
    by: str | None
    value: str


class Answer(Wire):
    """One item of the history: what is believed of it, or what the one annotator said who is looked for."""

    item: Item
    snippet: str
    url: str | None = None
    value: str | None = None
    answers: int = Field(0, description="how many annotators answered")
    others: list[Opinion] = Field([], description="who said something else, and what")
    because: str | None = None
    by: str | None = None
    at: float
    seconds: float | None = None
    flagged: bool = False
    comment: str = ""
    arm: str | None = None
    made: bool = False
    suggested: str | None = None
    predicted: str | None = Field(None, description="what the model in force predicts now")


class AnswersReply(Wire):
    answers: list[Answer]
    total: int


class CurvePoint(Wire):
    labels: int
    estimate: float
    low: float
    high: float
    n: int


class Pace(Wire):
    day: str
    answers: int
    seconds: float | None = Field(None, description="median seconds an answer took")


class Anchoring(Wire):
    """How often answers agree with the suggestion, shown against hidden."""

    shown: float | None = None
    shown_n: int = 0
    hidden: float | None = None
    hidden_n: int = 0
    low: float | None = Field(None, description="interval of the difference shown - hidden")
    high: float | None = None


class ModelPoint(Wire):
    version: str
    labels: int
    at: float
    seconds: float | None = None
    stability: float | None = Field(None, description="share of the pool whose prediction stayed the same")


class Dashboard(Wire):
    progress: Progress
    classes: list[Class]
    predicted: dict[str, int] = Field(
        {}, description="how many unlabelled items the model puts in each class"
    )
    random_curve: list[CurvePoint] = Field([], description="right predictions on random questions, so far")
    active_curve: list[CurvePoint] = Field([], description="right predictions on chosen questions, so far")
    models: list[ModelPoint] = []
    pace: list[Pace] = []
    annotators: list[dict[str, Any]] = []
    anchoring: Anchoring = Anchoring()


class Problem(Wire):
    """Every error: what happened, and the mend."""

    error: str
    message: str
    mend: str = ""


# ---------------------------------------------------------------- sent


class NextRequest(Wire):
    n: int = Field(1, ge=1, le=20, description="how many questions this annotator wants to hold at once")


class AnswerRequest(Wire):
    query: str = Field(max_length=64)
    value: str = Field(max_length=500)
    seconds: float | None = Field(None, ge=0, le=86400)


class SkipRequest(Wire):
    query: str = Field(max_length=64)
    because: str = Field("", max_length=500)
    seconds: float | None = Field(None, ge=0, le=86400)


class ReleaseRequest(Wire):
    """Questions that are given back unanswered, as by a page whose annotator takes another name."""

    queries: list[Annotated[str, Field(max_length=64)]] = Field(max_length=50)


class Newcomer(Wire):
    """Somebody who gives no name, and is not to share the questions of others who give none."""

    name: str = Field(description="what to answer as: 'me', or 'me 2' while somebody is here as 'me'")


class ItemRequest(Wire):
    item: Item


class CorrectionRequest(ItemRequest):
    value: str = Field(max_length=500)


class FlagRequest(ItemRequest):
    flagged: bool = True
    comment: str = Field("", max_length=5000)


class TrainingRequest(Wire):
    on: bool = Field(description="train the slow model; false stops it at once")


class ClassRequest(Wire):
    name: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")


class SettingsRequest(Wire):
    """Only the settings to change."""

    title: str | None = Field(None, max_length=200)
    guidelines: str | None = Field(None, max_length=100_000)
    random_share: float | Text | None = Field(None, description="a share, or how it falls with the labels")
    hide_share: float | None = Field(None, ge=0, le=1)
    overlap: int | None = Field(None, ge=1, le=50)
    budget: int | None = Field(None, ge=0, description="0 takes the budget away")
    target: float | None = Field(None, ge=0, lt=1, description="0 takes the target away")
    skipped: Literal["out", "others", "back"] | None = None
    class_descriptions: dict[Text, Text] | None = None


class Done(Wire):
    """A change was stored durably."""

    head: int
    progress: Progress


class RetractReply(Done):
    question: Question | None = Field(
        None, description="the same item, open again, for the one who took it back"
    )
