"""The model as the EMA Workbench knows one. Imported only where the workbench is installed."""

from __future__ import annotations

import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about extras of its own
    from ema_workbench import Model


class CompanyModel(Model):
    """A model of the workbench that keeps nothing from one experiment to the next.

    The workbench's own model remembers the policy by its name, and the last outcomes: a second policy of one name would
    be run as the first, and an experiment that fails would be given the outcomes of the one before it.
    """

    def initialized(self, policy: Any) -> bool:
        """Take every policy as a new one."""
        return False

    def reset_model(self) -> None:
        """Forget the outcomes."""
        super().reset_model()
        self._outcomes_output: dict[str, Any] = {}
