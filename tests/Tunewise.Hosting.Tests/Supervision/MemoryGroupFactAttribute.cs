namespace Tunewise.Hosting.Tests.Supervision;

/// <summary>A fact about the kernel's killing for want of memory, skipped by name where no control group can be made.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MemoryGroupFactAttribute : FactAttribute
{
    public MemoryGroupFactAttribute() =>
        Skip = MemoryGroup.IsAvailable ? null : "needs a control group with a limit on memory: Linux, root, and a writable /sys/fs/cgroup";
}
