"""Measured values as a table and as JSON."""

from dataclasses import dataclass, field
from statistics import median


@dataclass
class Row:
    section: str
    group: str
    name: str
    unit: str
    goal: float | None
    values: list = field(default_factory=list)
    ratios: list = field(default_factory=list)

    def compared_with_goal(self):
        """Ratios if there are any, else values. The goal is their maximum."""
        return self.ratios or self.values

    def is_goal_met(self):
        figures = self.compared_with_goal()
        return None if self.goal is None or not figures else median(figures) <= self.goal

    def data(self):
        data = {"section": self.section, "group": self.group, "what": self.name, "unit": self.unit,
                "values": self.values, "median": median(self.values)}
        if self.ratios:
            data |= {"ratios": self.ratios, "median_ratio": median(self.ratios)}
        return data | {"goal": self.goal, "met": self.is_goal_met()}


def number(value):
    """Three significant digits; whole numbers in full."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 100 else f"{value:.1f}"


def spread(values):
    return f"{number(min(values))}..{number(max(values))}" if len(values) > 1 else ""


class Results:
    def __init__(self):
        self.rows = {}
        self.skips = []
        self.failures = []
        self.section = ""

    def begin(self, section):
        self.section = section

    def add(self, group, name, value, unit, ratio=None, goal=None):
        """Adds a value to a row; `ratio`: synack to this row."""
        key = (self.section, group, name)
        row = self.rows.setdefault(key, Row(self.section, group, name, unit, goal))
        row.values.append(value)
        if ratio is not None:
            row.ratios.append(ratio)

    def skip(self, name, reason):
        if (self.section, name, reason) not in self.skips:
            self.skips.append((self.section, name, reason))

    def check(self, holds, message):
        """Fails the benchmark unless `holds`: for counts and memory limits, never for times."""
        if not holds:
            self.failures.append(f"{self.section}: {message}")
        return holds

    def text(self):
        groups, lines = {}, []
        for row in self.rows.values():
            groups.setdefault((row.section, row.group), []).append(row)
        for rows in groups.values():
            lines += ["", self.heading(rows), *map(self.line, rows)]
        lines += [""] + [f"SKIP: {section}: {name}: {reason}" for section, name, reason in self.skips]
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
        goal = "" if row.goal is None else f"{number(row.goal):>5} {'met' if row.is_goal_met() else 'MISSED'}"
        return (f"  {row.name:34}{number(median(row.values)):>7} {spread(row.values):>15} {row.unit:8} "
                f"{ratio.replace(' ()', ''):19}{goal}").rstrip()

    def data(self):
        return {"rows": [row.data() for row in self.rows.values()],
                "skipped": [dict(zip(("section", "what", "why"), skip)) for skip in self.skips],
                "failures": self.failures}
