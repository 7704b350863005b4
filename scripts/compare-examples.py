"""usage: compare-examples.py OLD NEW: whether reports differ in more than numbers, widths and order of probes, and whether the
samples of README.md are lines of them."""

import json
import pathlib
import re
import sys

# Charts and histograms follow the times.
ONLY_PRESENT = {".html", ".hgrm"}


def numberless(text):
    words = re.sub(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", "MAC", text)
    words = re.sub(r"\d+([.:]\d+)*", "0", words)
    return re.sub(r"0 (us|ms|s)\b", "0 s", words)


def facts(value, path=""):
    """Every path of a JSON value, with its text where it is one; a histogram follows the times."""
    if isinstance(value, dict):
        return {fact for name, item in value.items() for fact in facts(item, f"{path}.{name}")} | {path}
    if isinstance(value, list):
        return {fact for item in value for fact in facts(item, path + "[]")} | {path}
    return {f"{path}={numberless(value)}" if isinstance(value, str) and "histogram" not in path else path}


def invented(readme, examples):
    """Lines of README.md's samples that no report has."""
    samples = re.findall(r"^```\n(\$ synack .*?)^```", readme.read_text(), re.DOTALL | re.MULTILINE)
    assert len(samples) == 3, "README.md has three samples"
    real = {" ".join(numberless(line).split()) for path in examples.glob("*.txt") for line in path.read_text().splitlines()}
    lines = [line for sample in samples for line in sample.splitlines() if line and line != "..." and not line.startswith("$ ")]
    return [line for line in lines if " ".join(numberless(line).split()) not in real]


def shape(path):
    """What does not differ between two runs of the same program in the same network."""
    text = path.read_text()
    if path.suffix in ONLY_PRESENT:
        return bool(text)
    if path.suffix == ".json":
        return sorted({f"{line.get('type')} {key}" for line in map(json.loads, text.splitlines()) for key in facts(line)})
    words = re.sub(r"[-=]{3,}", "-", numberless(text))
    if path.suffix in (".csv", ".prom"):
        return sorted(set(words.splitlines()))
    # Lines wrap elsewhere once a number is longer, and probes end in another order.
    return sorted(words.split())


def main(old, new):
    old, new = pathlib.Path(old), pathlib.Path(new)
    names = {path.name for path in [*old.iterdir(), *new.iterdir()]}
    different = [name for name in sorted(names)
                 if not (old / name).exists() or not (new / name).exists() or shape(old / name) != shape(new / name)]
    for name in different:
        print(f"docs/examples/{name} is not what the program prints: run scripts/examples", file=sys.stderr)
    wrong = invented(pathlib.Path("README.md"), new)
    for line in wrong:
        print(f"README.md: not what the program prints: {line}", file=sys.stderr)
    sys.exit(1 if different or wrong else 0)


main(*sys.argv[1:])
