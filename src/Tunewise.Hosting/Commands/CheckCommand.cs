using System.CommandLine;
using Tunewise.Relational;
using Tunewise.Running;

namespace Tunewise.Hosting.Commands;

/// <summary>Looks for what crashes, broken programs and hands left in a database, and repairs it.</summary>
internal static class CheckCommand
{
    public static Command Create(SharedOptions shared, TextWriter output)
    {
        var repair = new Option<bool>("--repair") { Description = "Repair what can be repaired. Stop all workers first." };
        var command = new Command(
            "check",
            "Looks for damage in the database: rows that belong to nothing, numbers used twice, "
                + "trials left running by programs that are gone.")
        {
            shared.Storage,
            repair,
        };
        command.SetAction(arguments => arguments.GetValue(repair)
            ? shared.WithStorage(arguments, storage => Check(storage, repairs: true, output))
            : shared.ReadStorage(arguments, storage => Check(storage, repairs: false, output)));
        return command;
    }

    private static int Check(RelationalStorage storage, bool repairs, TextWriter output)
    {
        var problems = repairs ? storage.Repair() : storage.Check();
        foreach (var problem in problems)
        {
            var what = problem.Repair is null
                ? "cannot be repaired: restore a copy"
                : repairs ? $"repaired: {problem.Repair}" : $"--repair would {problem.Repair}";
            output.WriteLine($"{problem.Kind}: {problem.Description} ({what})");
        }

        foreach (var study in storage.GetStudies())
        {
            if (storage.GetLeases(study.Id).Count(l => WorkerIdentity.LivenessOf(l.Worker) == Liveness.Gone) is > 0 and var gone)
            {
                output.WriteLine(
                    $"Study '{study.Name}': the process of {Text.Count(gone, "running trial")} is gone; "
                    + "the next run takes over what it ran.");
            }
        }

        var left = problems.Count(p => p.Repair is null);
        var end = !repairs ? "" : left == 0 ? "; all of it is repaired" : $"; {problems.Count - left} repaired, {left} left";
        output.WriteLine(problems.Count == 0
            ? $"{storage.Description} is in order."
            : $"{Text.Count(problems.Count, "problem")} found in {storage.Description}{end}.");
        return problems.All(p => repairs && p.Repair is not null) ? 0 : StudyHost.Failure;
    }
}
