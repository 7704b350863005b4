"""Figures, each with all its values, as a table and as JSON."""

from dataclasses import dataclass, field
from statistics import median


@dataclass
class Row:
    section: str
    group: str
    what: str
    unit: str
    goal: float | None
    values: list = field(default_factory=list)
    ratios: list = field(default_factory=list)

    def judged(self):
        """What the goal, the most it may be, is about: the ratio if there is one."""
        return self.ratios or self.values

    def met(self):
        return None if self.goal is None or not self.judged() else median(self.judged()) <= self.goal

    def data(self):
        figures = {"section": self.section, "group": self.group, "what": self.what, "unit": self.unit,
                   "values": self.values, "median": median(self.values)}
        if self.ratios:
            figures |= {"ratios": self.ratios, "median_ratio": median(self.ratios)}
        return figures | {"goal": self.goal, "met": self.met()}


def number(value):
    """Three digits, or all of a whole number."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 100 else f"{value:.1f}"


def spread(values):
    return f"{number(min(values))}..{number(max(values))}" if len(values) > 1 else ""


class Table:
    def __init__(self):
        self.rows = {}
        self.skips = []
        self.failures = []
        self.section = ""

    def begin(self, section):
        self.section = section

    def add(self, group, what, value, unit, ratio=None, goal=None):
        """One more value of a figure, and how many times the figure it is compared with."""
        key = (self.section, group, what)
        row = self.rows.setdefault(key, Row(self.section, group, what, unit, goal))
        row.values.append(value)
        if ratio is not None:
            row.ratios.append(ratio)

    def skip(self, what, why):
        if (self.section, what, why) not in self.skips:
            self.skips.append((self.section, what, why))

    def check(self, holds, what):
        """What must hold in every run: a count, or a limit of memory; never a time."""
        if not holds:
            self.failures.append(f"{self.section}: {what}")
        return holds

    def text(self):
        groups, lines = {}, []
        for row in self.rows.values():
            groups.setdefault((row.section, row.group), []).append(row)
        for rows in groups.values():
            lines += ["", self.heading(rows), *map(self.line, rows)]
        lines += [""] + [f"SKIP: {section}: {what}: {why}" for section, what, why in self.skips]
        lines += [f"FAILED: {failure}" for failure in self.failures]
        return "\n".join(lines).rstrip("\n")

    @staticmethod
    def heading(rows):
        ratio = "synack is" if any(row.ratios for row in rows) else ""
        name = f"{rows[0].section}: {rows[0].group}"
        return f"{name:36}{'median':>7} {'min..max':>15} {'':8} {ratio:19}  goal"

    @staticmethod
    def line(row):
        ratio = f"x {number(median(row.ratios))} {'(' + spread(row.ratios) + ')'}" if row.ratios else ""
        goal = "" if row.goal is None else f"{number(row.goal):>5} {'met' if row.met() else 'MISSED'}"
        return (f"  {row.what:34}{number(median(row.values)):>7} {spread(row.values):>15} {row.unit:8} "
                f"{ratio.replace(' ()', ''):19}{goal}").rstrip()

    def data(self):
        return {"rows": [row.data() for row in self.rows.values()],
                "skipped": [dict(zip(("section", "what", "why"), skip)) for skip in self.skips],
                "failures": self.failures}
