using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Tunewise.Hosting.Processes;

/// <summary>
/// One job object around all workers: Windows ends them, and all they started, when the supervisor's handle to it is
/// closed, however that ends.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed partial class WindowsProcessTools : ProcessTools
{
    private const int ExtendedLimitInformation = 9;
    private const uint KillOnJobClose = 0x2000;

    private static readonly Dictionary<uint, string> Codes = new()
    {
        [0xC0000005] = "access violation",
        [0xC000001D] = "illegal instruction",
        [0xC0000017] = "out of memory",
        [0xC00000FD] = "stack overflow",
        [0xC0000094] = "integer division by zero",
        [0xC000013A] = "it was interrupted (Ctrl-C)",
        [0xC0000374] = "heap corruption",
        [0xC0000409] = "it aborted (fail fast)",
        [0xE0434352] = "unhandled .NET exception",
        [0x40010004] = "it was terminated",
    };

    private readonly Lazy<IntPtr> _job = new(CreateJob);

    public override void SetApart()
    {
    }

    public override void Prepare(ProcessStartInfo start) => start.CreateNewProcessGroup = true;

    public override void Adopt(Process worker)
    {
        ArgumentNullException.ThrowIfNull(worker);
        // A worker that has ended already cannot be assigned, and need not be.
        _ = AssignProcessToJobObject(_job.Value, worker.Handle);
    }

    public override void Kill(int processId, string name)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It has ended; what it started is in the job and ends with the supervisor.
        }
    }

    public override void ExitNow(int exitCode) => TerminateProcess(GetCurrentProcess(), unchecked((uint)exitCode));

    public override void KillSelf()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill(entireProcessTree: false);
    }

    public override long MemoryOf(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return process.WorkingSet64;
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            return 0;
        }
    }

    public override long? FreeMemory()
    {
        var memory = GC.GetGCMemoryInfo();
        return memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes;
    }

    public override string? DescribeExit(int exitCode) => Codes.GetValueOrDefault(unchecked((uint)exitCode));

    private static IntPtr CreateJob()
    {
        var job = CreateJobObjectW(IntPtr.Zero, IntPtr.Zero);
        var limits = new ExtendedLimits { Flags = KillOnJobClose };
        if (job == IntPtr.Zero || !SetInformationJobObject(job, ExtendedLimitInformation, ref limits, Marshal.SizeOf<ExtendedLimits>()))
            throw new Win32Exception();
        return job;
    }

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial IntPtr CreateJobObjectW(IntPtr attributes, IntPtr name);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetInformationJobObject(IntPtr job, int kind, ref ExtendedLimits limits, int length);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool AssignProcessToJobObject(IntPtr job, IntPtr process);

    [LibraryImport("kernel32")]
    private static partial IntPtr GetCurrentProcess();

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool TerminateProcess(IntPtr process, uint exitCode);

    /// <summary>JOBOBJECT_EXTENDED_LIMIT_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ExtendedLimits
    {
        public long PerProcessUserTime;
        public long PerJobUserTime;
        public uint Flags;
        public nuint MinimumWorkingSet;
        public nuint MaximumWorkingSet;
        public uint ActiveProcesses;
        public nuint Affinity;
        public uint PriorityClass;
        public uint SchedulingClass;
        public ulong ReadOperations;
        public ulong WriteOperations;
        public ulong OtherOperations;
        public ulong ReadBytes;
        public ulong WriteBytes;
        public ulong OtherBytes;
        public nuint ProcessMemory;
        public nuint JobMemory;
        public nuint PeakProcessMemory;
        public nuint PeakJobMemory;
    }
}
