"""Writes optuna-4.9-studies.db with Optuna, and beside it what Optuna reads in it: python3 make_optuna_studies.py"""

import json
import os
import warnings

import optuna
from optuna.trial import TrialState

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
path = "optuna-4.9-studies.db"
if os.path.exists(path):
    os.remove(path)
storage = optuna.storages.RDBStorage(f"sqlite:///{path}", heartbeat_interval=60, failed_trial_callback=optuna.storages.RetryFailedTrialCallback(max_retry=3))


def conditional(trial):
    kind = trial.suggest_categorical("kind", ["sgd", "adam", None, False, 0.5])
    lr = trial.suggest_float("lr", 1e-6, 1, log=True)
    if kind == "sgd":
        trial.suggest_float("momentum", 0, 0.99, step=0.03)
    trial.suggest_int("layers", 1, 128, log=True)
    trial.suggest_int("width", -16, 17, step=3)
    for step in range(0, 6, 2):
        trial.report([lr, float("inf"), float("-inf")][trial.number % 3] if step else float("nan"), step)
    trial.set_user_attr("text", 'quotes " \' \\ and ünïcödé 😀 \x00')
    trial.set_user_attr("tree", {"a": [1, 2.5, None, True, {"b": float("nan")}], "": -1e300})
    if trial.number % 5 == 3:
        raise optuna.TrialPruned()
    if trial.number % 5 == 4:
        return float("nan")
    return lr


def numeric(trial):
    return sum((trial.suggest_float(f"x{i}", -5, 5) - i) ** 2 for i in range(3))


def two(trial):
    x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
    trial.set_user_attr("sum", x + y)
    return x, float("inf") if trial.number == 2 else 1 - y


def constraints(trial):
    return (trial.user_attrs["sum"] - 1, -1.0)


studies = [
    ("tpe, joint", conditional, {"sampler": optuna.samplers.TPESampler(seed=1, multivariate=True, group=True, n_startup_trials=4)}, 14),
    ("long attributes", numeric, {"sampler": optuna.samplers.TPESampler(seed=2), "direction": "maximize"}, 8),
    ("nsga-ii", two, {"sampler": optuna.samplers.NSGAIISampler(seed=3, population_size=4, constraints_func=constraints), "directions": ["minimize", "maximize"]}, 10),
    ("qmc", numeric, {"sampler": optuna.samplers.QMCSampler(seed=4, scramble=True)}, 5),
    ("grid", numeric, {"sampler": optuna.samplers.GridSampler({f"x{i}": [-1.0, 0.0, 1.0] for i in range(3)}, seed=5)}, 6),
    ("halving", conditional, {"sampler": optuna.samplers.RandomSampler(seed=6), "pruner": optuna.pruners.SuccessiveHalvingPruner()}, 6),
]
for name, objective, options, trials in studies:
    study = optuna.create_study(study_name=name, storage=storage, **options)
    study.set_user_attr("name", {"is": name, "nan": float("nan")})
    if name != "grid":
        study.enqueue_trial({"x0": 1.25, "lr": 0.5, "kind": None, "x": 0.0}, user_attrs={"queued": True})
    study.optimize(objective, n_trials=trials, catch=(RuntimeError,))
    study.enqueue_trial({"x1": 2, "never": "run"}, skip_if_exists=True)
    if name == "grid":
        continue
    running = study.ask()
    running.suggest_float("x0", -5, 5)
study = optuna.load_study(study_name="long attributes", storage=storage)
study.set_metric_names(["größe"])
study._storage.set_study_system_attr(study._study_id, "long:0", "x" * 2045)
study.add_trial(optuna.create_trial(state=TrialState.PRUNED, params={}, distributions={}))
study.add_trial(optuna.create_trial(value=float("-inf"), params={"c": "é"}, distributions={"c": optuna.distributions.CategoricalDistribution(["é", 1, None])}))
# A worker that died: its heartbeat stopped long ago, so the next one fails its trial and queues it again.
dead = study.ask()
dead.suggest_float("x0", -5, 5)
storage._backend.record_heartbeat(dead._trial_id) if hasattr(storage, "_backend") else storage.record_heartbeat(dead._trial_id)
import sqlite3
with sqlite3.connect(path) as raw:
    raw.execute("UPDATE trial_heartbeats SET heartbeat = '2020-01-01 00:00:00' WHERE trial_id = ?", (dead._trial_id,))
optuna.storages.fail_stale_trials(study)


def plain(value):
    """Numbers that JSON has not become text; Python's own writer is not asked to guess."""
    return json.loads(json.dumps(value), parse_constant=lambda name: {"number": name})


read = {}
for summary in optuna.get_all_study_summaries(storage):
    study = optuna.load_study(study_name=summary.study_name, storage=storage)
    read[study.study_name] = {
        "directions": [d.name for d in study.directions],
        "user_attrs": plain(study.user_attrs),
        "system_attrs": plain(study._storage.get_study_system_attrs(study._study_id)),
        "trials": [
            {
                "number": t.number,
                "state": t.state.name,
                "values": plain(t.values),
                "params": plain(list(t.params.items())),
                "distributions": {n: str(d) for n, d in t.distributions.items()},
                "reports": plain(sorted(t.intermediate_values.items())),
                "user_attrs": plain(t.user_attrs),
                "system_attrs": plain(t.system_attrs),
                "started": t.datetime_start and t.datetime_start.isoformat(sep=" ", timespec="microseconds"),
                "finished": t.datetime_complete and t.datetime_complete.isoformat(sep=" ", timespec="microseconds"),
            }
            for t in study.trials
        ],
    }
with open("optuna-4.9-studies.json", "w") as file:
    json.dump(read, file, indent=None, separators=(",", ":"))
storage.engine.dispose()
