"""A papermill engine that runs cells in this process: no kernel, no sockets, and what is imported already stays so.

It isolates nothing. `warm_pool` gives each report a process of its own, and runs this engine in it.
"""

import io
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import nbformat
import pandas as pd
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_output
from papermill.engines import Engine, papermill_engines
from traitlets import List, Type
from traitlets.config import Config

IN_PROCESS = "in-process"


class _Publisher(DisplayPublisher):
    """Keeps what `display` shows, with its metadata, in which a picture's text alternative lies."""

    kept: Any = List()

    def publish(self, data: Any, metadata: Any = None, source: Any = None, **_: Any) -> None:
        self.kept.append(new_output("display_data", data=data, metadata=metadata or {}))


class _LastValue(DisplayHook):
    """Keeps the value of a cell's last line."""

    def write_output_prompt(self) -> None:
        """Say nothing: there is no terminal."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        kept = new_output("execute_result", data=format_dict, metadata=md_dict or {})
        self.shell.display_pub.kept.append(kept)


class _Stream(io.TextIOBase):
    """Keeps what a cell prints, between what it shows."""

    def __init__(self, name: str, kept: list):
        self.name, self.kept = name, kept

    def write(self, text: str) -> int:
        last = self.kept[-1] if self.kept else {}
        if not text:
            return 0
        if last.get("name") == self.name:
            last["text"] += text
        else:
            self.kept.append(new_output("stream", name=self.name, text=text))
        return len(text)


class _Shell(InteractiveShell):
    display_pub_class = Type(_Publisher)
    displayhook_class = Type(_LastValue)

    def showtraceback(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: the error becomes an output of its cell."""

    def showsyntaxerror(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing, as above."""

    def enable_gui(self, gui: Any = None) -> None:
        """Have no windows."""


class InProcess(Engine):
    """Runs a notebook's cells one after the other in an IPython shell of this process, and stops at the first error."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **_: Any) -> None:
        """Fill in every cell's outputs, as papermill's own engine does."""
        replaced = sys.modules["__main__"]
        shell = _Shell.instance(config=Config({"HistoryManager": {"enabled": False}}), colors="nocolor")
        try:
            for index, cell in enumerate(nb_man.nb.cells):
                if cell.cell_type == "code" and cell.source.strip():
                    nb_man.cell_start(cell, index)
                    with pd.option_context("mode.string_storage", "python"):  # Arrow's cost more where rows are few
                        ended = cls._run(shell, cell)
                    if not ended:
                        nb_man.cell_exception(cell, index)
                    nb_man.output_path, path = None, nb_man.output_path  # the next cell's start saves this one's end
                    nb_man.cell_complete(cell, index)
                    nb_man.output_path = path
                    if not ended:
                        break
        finally:
            _Shell.clear_instance()
            sys.modules["__main__"] = replaced

    @staticmethod
    def _run(shell: Any, cell: nbformat.NotebookNode) -> bool:
        kept: list = []
        shell.display_pub.kept = kept
        with redirect_stdout(_Stream("stdout", kept)), redirect_stderr(_Stream("stderr", kept)):
            result = shell.run_cell(cell.source, store_history=True, cell_id=cell.get("id"))
        cell.execution_count = result.execution_count
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            kind = type(error)
            trace = shell.InteractiveTB.structured_traceback(kind, error, error.__traceback__)
            kept.append(new_output("error", ename=kind.__name__, evalue=str(error), traceback=trace))
        for output in kept:
            if output.output_type == "execute_result":
                output.execution_count = result.execution_count
        cell.outputs = kept
        return error is None


papermill_engines.register(IN_PROCESS, InProcess)
os.environ.setdefault("MPLBACKEND", "Agg")
