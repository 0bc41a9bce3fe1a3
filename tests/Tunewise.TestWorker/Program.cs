using System.Globalization;
using Tunewise;
using Tunewise.TestWorker;

// A worker for tests. It prints a line after every call that has returned, so that whoever kills it knows what must be stored.
//   run URL STUDY TOTAL       runs trials up to a total, ten reports each
//   write URL STUDY COUNT     the same for so many trials of its own, without a word
//   log URL STUDY COUNT       logs so many steps of two series in one trial, tells so, and ends the trial when it reads a line
//   scan URL STUDY            reads the whole study again and again until its input ends
//   read URL STUDY            opens the storage to read it, and tells how many trials the study has
//   open                      opens the storages whose addresses it reads, one per line, and tells the id of the study
//   ask URL STUDY SECONDS     takes one trial with a short lease, and tells its result when it reads a line
//   descriptors URL STUDY     takes one trial, uses up all file descriptors, and tells how many trials it then takes for lost
//   full URL STUDY FILE       fills the disk with a file, goes on, and deletes the file when it reads a line
//   export URL FILE           writes the database to a new file, and tells how many files are then in its folder
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
try
{
    switch (args)
    {
        case ["run", var url, var study, var total]:
            await Jobs.RunAsync(url, study, new RunOptions { TotalTrials = int.Parse(total, CultureInfo.InvariantCulture) }, Acknowledge);
            break;
        case ["write", var url, var study, var count]:
            await Jobs.RunAsync(url, study, new RunOptions { AdditionalTrials = int.Parse(count, CultureInfo.InvariantCulture) }, _ => { });
            break;
        case ["log", var url, var study, var count]:
            Jobs.Log(url, study, int.Parse(count, CultureInfo.InvariantCulture), Acknowledge);
            break;
        case ["scan", var url, var study]: Jobs.Scan(url, study); break;
        case ["read", var url, var study]: Jobs.Read(url, study, Acknowledge); break;
        case ["watch", var url, var study]: Jobs.Watch(url, study, Acknowledge); break;
        case ["open"]: Jobs.OpenAll(Acknowledge); break;
        case ["ask", var url, var study, var seconds]:
            Jobs.Ask(url, study, TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)), Acknowledge);
            break;
        case ["descriptors", var url, var study]: Jobs.UseUpDescriptors(url, study, Acknowledge); break;
        case ["full", var url, var study, var ballast]: await Jobs.FillDiskAsync(url, study, ballast, Acknowledge); break;
        case ["export", var url, var file]: Jobs.Export(url, file, Acknowledge); break;
        default: throw new ArgumentException($"unknown job: {string.Join(' ', args)}");
    }

    return 0;
}
catch (TunewiseException error)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}

static void Acknowledge(string line)
{
    Console.Out.WriteLine(line);
    Console.Out.Flush();
}
