using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tunewise.Hosting.Tests.Supervision;

/// <summary>
/// Network namespaces as hosts of their own, each with one cable to this one, and a way through to a server that listens on the
/// loopback interface alone.
/// </summary>
internal sealed class Network : IDisposable
{
    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"tw{Environment.ProcessId % 100_000}");
    private readonly TcpListener _listener = new(IPAddress.Any, 0);
    private readonly int _hosts;

    /// <summary>Makes so many hosts.</summary>
    /// <param name="hosts">At most 60.</param>
    /// <param name="server">Where their connections are led to.</param>
    public Network(int hosts, IPEndPoint server)
    {
        _hosts = hosts;
        for (var host = 0; host < hosts; host++)
        {
            Require("ip", "netns", "add", NameOf(host));
            Require("ip", "link", "add", CableOf(host), "type", "veth", "peer", "name", "up0", "netns", NameOf(host));
            Require("ip", "addr", "add", $"{Address(host, 1)}/30", "dev", CableOf(host));
            Require("ip", "link", "set", CableOf(host), "up");
            Require("ip", "netns", "exec", NameOf(host), "ip", "addr", "add", $"{Address(host, 2)}/30", "dev", "up0");
            Require("ip", "netns", "exec", NameOf(host), "ip", "link", "set", "up0", "up");
            Require("ip", "netns", "exec", NameOf(host), "ip", "link", "set", "lo", "up");
        }

        _listener.Start();
        _ = ForwardAsync(server);
    }

    /// <summary>Whether this system lets us have any: Linux, root, iproute2.</summary>
    public static bool IsAvailable { get; } =
            OperatingSystem.IsLinux()
            && Try("ip", "netns", "add", "twprobe")
            && Try("ip", "link", "add", "twprobe0", "type", "veth", "peer", "name", "twprobe1", "netns", "twprobe")
        | Try("ip", "link", "del", "twprobe0") & Try("ip", "netns", "del", "twprobe");

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>This host's address as the other one sees it.</summary>
    public static string AddressFor(int host) => Address(host, 1);

    /// <summary>A command that runs on a host.</summary>
    public ProcessStartInfo On(int host, params string[] command) =>
        new("ip", ["netns", "exec", NameOf(host), .. command]) { RedirectStandardOutput = true, RedirectStandardError = true };

    /// <summary>Pulls the cable: packets are lost, nobody is told.</summary>
    public void Cut(int host) => Require("ip", "link", "set", CableOf(host), "down");

    public void Mend(int host) => Require("ip", "link", "set", CableOf(host), "up");

    public void Dispose()
    {
        _listener.Stop();
        for (var host = 0; host < _hosts; host++)
        {
            Try("ip", "link", "del", CableOf(host));
            Try("ip", "netns", "del", NameOf(host));
        }
    }

    private string NameOf(int host) => $"{_name}h{host}";

    private string CableOf(int host) => $"{_name}c{host}";

    // A range for measurements that nobody uses otherwise (RFC 2544), in fours.
    private static string Address(int host, int end) => string.Create(CultureInfo.InvariantCulture, $"198.18.77.{4 * host + end}");

    private async Task ForwardAsync(IPEndPoint server)
    {
        try
        {
            while (true) _ = ForwardAsync(await _listener.AcceptTcpClientAsync().ConfigureAwait(false), server);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The network is gone.
        }
    }

    private static async Task ForwardAsync(TcpClient client, IPEndPoint server)
    {
        using (client)
        using (var behind = new TcpClient())
        {
            try
            {
                await behind.ConnectAsync(server).ConfigureAwait(false);
                await Task.WhenAny(
                    client.GetStream().CopyToAsync(behind.GetStream()),
                    behind.GetStream().CopyToAsync(client.GetStream())).ConfigureAwait(false);
            }
            catch (Exception error) when (error is IOException or SocketException)
            {
                // One side has gone.
            }
        }
    }

    private static void Require(params string[] command)
    {
        if (!Try(command)) throw new InvalidOperationException($"'{string.Join(' ', command)}' failed");
    }

    private static bool Try(params string[] command)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
