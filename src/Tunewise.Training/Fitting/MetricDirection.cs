namespace Tunewise.Training.Fitting;

/// <summary>Finds out whether smaller or larger values of a fit's metric are better, and refuses what cannot be meant.</summary>
internal static class MetricDirection
{
    /// <summary>What everybody means by these names.</summary>
    private static readonly Dictionary<string, Direction> Known = new()
    {
        [Evaluation.LossName] = Direction.Minimize,
        ["accuracy"] = Direction.Maximize,
        ["precision"] = Direction.Maximize,
        ["recall"] = Direction.Maximize,
        ["f1"] = Direction.Maximize,
    };

    /// <summary>The direction of the options' metric.</summary>
    /// <param name="options">The metric, and the direction if it was given.</param>
    /// <param name="session">Which computes the metric.</param>
    /// <param name="study">The study that the metric is reported to, or null.</param>
    /// <exception cref="StudyMismatchException">The session does not compute the metric, or the directions
    /// contradict each other.</exception>
    public static Direction Of(FitOptions options, ITrainingSession session, Study? study)
    {
        var metric = options.Metric;
        if (metric != Evaluation.LossName && session.MetricNames is var names && !names.Contains(metric))
        {
            throw new StudyMismatchException(
                $"FitOptions.Metric is '{metric}', which the session does not compute; "
                + $"choose from {string.Join(", ", names.Prepend(Evaluation.LossName))}");
        }

        var usual = Known.TryGetValue(metric, out var known) ? known : (Direction?)null;
        if (study is null || PositionOf(options, study) is not { } position)
        {
            return options.Direction
                ?? usual
                ?? throw new StudyMismatchException(
                    $"whether smaller or larger values of '{metric}' are better is not known; set FitOptions.Direction");
        }

        var objective = study.Objectives[position];
        if (options.Direction is { } given && given != objective.Direction)
        {
            throw new StudyMismatchException(
                $"FitOptions.Direction is {given}, but study '{study.Name}' has the objective {objective}, "
                + $"whose values '{metric}' is reported as; leave the direction out, or report another metric");
        }

        if (options.Direction is null && usual is { } meant && meant != objective.Direction)
        {
            throw new StudyMismatchException(
                $"FitOptions.Metric is '{metric}', of which {(meant == Direction.Minimize ? "smaller" : "larger")} values are better, "
                + $"but study '{study.Name}' has the objective {objective}; "
                + "report another metric, or set FitOptions.Direction if this is meant");
        }

        return objective.Direction;
    }

    /// <summary>
    /// Which of a study's objectives the metric is: the one that reports belong to; a study with several and no word on pruning may still
    /// have one of the metric's name.
    /// </summary>
    public static int? PositionOf(FitOptions options, Study study)
    {
        for (var i = 0; i < study.Objectives.Count; i++)
        {
            if (study.ReportedObjective is { } reported
                ? ReferenceEquals(study.Objectives[i], reported)
                : study.Objectives[i].Name == options.Metric)
            {
                return i;
            }
        }

        return null;
    }
}
