"""What one source, one claim, one reading and one listed number are made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Grade = Literal["A", "B", "C", "D"]
Text = Annotated[str, Field(min_length=1, pattern=r"\S", strict=True)]
Figure = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Record(BaseModel):
    """A frozen entry of an evidence file; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Record):
    """A document, data set or study, or this project itself.

    Attributes
    ----------
    key : how parameters and claims name it.
    title, authors, year : what it is called; year is None when it is undated.
    what : what it says or holds, in one sentence.
    sample : what it was measured on; None when that is unknown or there is none.
    grade : A (replicated) to D (folklore), or none for own choices and things known only from memory.
    seen : how it was looked at: data, read, excerpt, abstract, recalled or own.
    use : how it may be used.
    file : for a document, how its file name begins; None for everything else.
    """

    key: Text
    title: Text
    authors: Text
    year: int | None = None
    what: Text
    sample: Text | None = None
    grade: Grade | Literal["none"]
    seen: Literal["data", "read", "excerpt", "abstract", "recalled", "own"]
    use: Text
    file: Text | None = None

    @model_validator(mode="after")
    def _memory_is_no_evidence(self) -> Source:
        if self.seen in ("recalled", "own") and self.grade != "none":
            raise ValueError(f'seen = "{self.seen}" cannot carry grade "{self.grade}"; write grade = "none"')
        return self


class Claim(Record):
    """A statistic or principle of one of the documents.

    Attributes
    ----------
    id, document : its name, and the key of the document that makes it.
    nature : statistic, principle or remark.
    text : the claim in this project's own words.
    value : its figure or figures in `unit`; None when it has none.
    unit : share (0-1), ratio, people, money or count; None without a value.
    measures : what the figure really measures; for a principle, what kind of statement it is.
    origin : keys of the sources behind it; empty when none was found.
    grade : A to D, of the evidence for the claim as it stands.
    role : input (enters the model), target (compared with what the model shows), context (neither).
    carried_by : names of the parameters, policies and measures that carry it.
    no_number : why a claim with a value has no number in the document; None when it has one.
    """

    id: Text
    document: Text
    nature: Literal["statistic", "principle", "remark"]
    text: Text
    value: Figure | tuple[Figure, ...] | None = None
    unit: Literal["share", "ratio", "people", "money", "count"] | None = None
    measures: Text | None = None
    origin: tuple[Text, ...] = ()
    grade: Grade
    role: Literal["input", "target", "context"]
    carried_by: tuple[Text, ...] = ()
    no_number: Text | None = None

    @model_validator(mode="after")
    def _complete(self) -> Claim:
        if (self.value is None) != (self.unit is None):
            raise ValueError("has a value without a unit, or a unit without a value; give both or neither")
        if self.nature == "statistic" and self.value is None:
            raise ValueError("is a statistic without a value; give its value and unit")
        if self.nature != "remark" and self.measures is None:
            raise ValueError("does not say what it measures; write measures = what the statement really rests on")
        if (self.role == "context") == bool(self.carried_by):
            raise ValueError('has a role that does not fit carried_by; name carriers, or write role = "context"')
        return self

    @property
    def values(self) -> tuple[float, ...]:
        """Its figures, as a tuple of none, one or several."""
        if self.value is None:
            return ()
        return self.value if isinstance(self.value, tuple) else (self.value,)


class Tells(Record):
    """How many people one teller tells, given that the teller tells anybody.

    Attributes
    ----------
    form : geometric (from one up) or negative-binomial (one plus a negative binomial).
    mean : mean number told by one teller, people.
    dispersion : size of the negative binomial; None for the geometric.
    teller_factor : multiplies the chance to tell anybody (parameters tell_*), ratio; for published facts about a
        population, which chances and counts make together.
    teller_share : published share of customers who tell anybody; None when unknown.
    tail_above, tail_share : published share of tellers who tell more than `tail_above` people.
        The published shares are for comparison; no rule uses them.
    """

    form: Literal["geometric", "negative-binomial"]
    mean: Annotated[Figure, Field(ge=1)]
    dispersion: Annotated[Figure, Field(gt=0)] | None = None
    teller_factor: Annotated[Figure, Field(gt=0)] = 1.0
    teller_share: Annotated[Figure, Field(ge=0, le=1)] | None = None
    tail_above: Annotated[int, Field(ge=0, strict=True)] | None = None
    tail_share: Annotated[Figure, Field(ge=0, le=1)] | None = None

    @model_validator(mode="after")
    def _form_is_complete(self) -> Tells:
        if (self.form == "geometric") == (self.dispersion is not None):
            raise ValueError(
                "has a form and a dispersion that do not fit; only negative-binomial takes one, and needs it"
            )
        if (self.tail_above is None) != (self.tail_share is None):
            raise ValueError("has half a tail; give both tail_above and tail_share, or neither")
        return self


class Reading(Record):
    """A named, consistent choice of how many people are told of good and of bad experiences.

    Attributes
    ----------
    name, title : its key, and one line for a chart.
    good, bad : the counts told, given telling.
    claims, sources : what it rests on.
    note : why it reads the evidence this way.
    default : whether scenarios use it unless they say otherwise.
    """

    name: Text
    title: Text
    good: Tells
    bad: Tells
    claims: tuple[Text, ...]
    sources: tuple[Text, ...]
    note: Text
    default: Annotated[bool, Field(strict=True)] = False


class ListedNumber(Record):
    """A number of a document and the claim that accounts for it.

    Attributes
    ----------
    document : key of the document.
    number : the number as written (93 for "93 %", 0.25 for "a quarter").
    position : line:column in the document, both from one.
    claim : id of the claim.
    """

    document: Text
    number: Annotated[float, Field(allow_inf_nan=False)]
    position: Annotated[str, Field(pattern=r"^\d+:\d+$")]
    claim: Text
