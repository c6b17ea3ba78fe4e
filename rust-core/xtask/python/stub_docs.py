"""Puts the docstrings of the installed module tmli into its stub, where editors look for them.

    stub_docs.py FILE            rewrites the stub
    stub_docs.py FILE --check    ends with 1 when it would change

The text has one source, the doc comments in rust-core/python/src.
"""

import argparse
import ast
import inspect
import pathlib
import sys
import textwrap
from collections.abc import Iterator

import tmli._tmli

WIDTH = 120


def documented(tree: ast.Module) -> Iterator[tuple[ast.ClassDef | ast.FunctionDef, str]]:
    """Classes, functions, methods and properties of the stub that have a docstring at run time."""
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name.startswith("_"):
            continue
        thing = getattr(tmli._tmli, node.name)
        if thing.__doc__:
            yield node, thing.__doc__
        for member in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                found = inspect.getattr_static(thing, member.name)
                doc = getattr(found, "__func__", found).__doc__
                # Of overloads only the last has a docstring, as in a source file.
                overloaded = any(isinstance(d, ast.Name) and d.id == "overload" for d in member.decorator_list)
                if doc and not overloaded:
                    yield member, doc


def rendered(doc: str, indent: str) -> list[str]:
    paragraphs = inspect.cleandoc(doc).split("\n\n")
    wrapped = [textwrap.wrap(p, WIDTH - len(indent) - 3, break_on_hyphens=False) for p in paragraphs]
    lines = [line for paragraph in wrapped for line in [*paragraph, ""]][:-1]
    # As ruff format has it where the text begins with a quotation mark.
    lines[0] = ('""" ' if lines[0].startswith('"') else '"""') + lines[0]
    if len(lines) == 1:
        return [indent + lines[0] + '"""']
    return [(indent + line).rstrip() for line in lines] + [indent + '"""']


def filled(stub: str) -> str:
    lines = stub.splitlines()
    for node, doc in reversed(list(documented(ast.parse(stub)))):
        indent = " " * (node.col_offset + 4)
        first = node.body[0]
        start = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", []))]) - 1
        if not isinstance(first, ast.Expr):  # a class that begins with a member
            lines[start:start] = rendered(doc, indent)
        elif lines[start].endswith(" ..."):
            lines[start] = lines[start].removesuffix(" ...")
            lines[start + 1 : start + 1] = rendered(doc, indent)
        else:
            lines[start : first.end_lineno] = rendered(doc, indent)
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stub", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    old = options.stub.read_text(encoding="utf-8")
    new = filled(old)
    if options.check:
        return int(new != old)
    options.stub.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
