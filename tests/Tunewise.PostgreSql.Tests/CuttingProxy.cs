using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tunewise.PostgreSql.Tests;

/// <summary>
/// Stands between a client and the server, and cuts the line when it is told to: after the server has done what a statement asks,
/// before the client hears of it.
/// </summary>
internal sealed class CuttingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly string _host;
    private readonly int _port;
    private volatile byte[]? _cutAfter;
    private volatile byte[]? _cutAt;
    private volatile byte[]? _cutBefore;

    public CuttingProxy(string host, int port)
    {
        (_host, _port) = (host, port);
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How often the line was cut.</summary>
    public int Cuts { get; private set; }

    /// <summary>
    /// Cuts the line once, when the next statement with this text was answered by the server; null when it is not to be cut.
    /// </summary>
    public void CutAfter(string? statement) => _cutAfter = statement is null ? null : Encoding.ASCII.GetBytes(statement);

    /// <summary>Cuts the line once, when the next statement with this text is on its way: the server never gets it.</summary>
    public void CutBefore(string statement) => _cutBefore = Encoding.ASCII.GetBytes(statement);

    /// <summary>Cuts the client's line once, when it has sent a statement with this text: the server goes on with it.</summary>
    public void CutAt(string statement) => _cutAt = Encoding.ASCII.GetBytes(statement);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception error) when (error is ObjectDisposedException or SocketException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient();
        await far.ConnectAsync(_host, _port);
        var (cut, left) = (false, false);
        async Task PumpAsync(NetworkStream from, NetworkStream to, Func<byte[], int, bool> passes)
        {
            var buffer = new byte[65536];
            try
            {
                while (await from.ReadAsync(buffer) is > 0 and var count)
                {
                    if (!passes(buffer, count)) break;
                    await to.WriteAsync(buffer.AsMemory(0, count));
                }
            }
            catch (IOException)
            {
                // One side has closed.
            }

            near.Close();
            if (!left) far.Close();
        }

        var requests = PumpAsync(near.GetStream(), far.GetStream(), (bytes, count) =>
        {
            if (_cutAt is { } last && bytes.AsSpan(0, count).IndexOf(last) >= 0)
            {
                (left, _cutAt) = (true, null);
                far.GetStream().Write(bytes, 0, count);
                Cuts++;
                return false;
            }

            if (_cutBefore is { } next && bytes.AsSpan(0, count).IndexOf(next) >= 0)
            {
                _cutBefore = null;
                Cuts++;
                return false;
            }

            if (_cutAfter is { } wanted && bytes.AsSpan(0, count).IndexOf(wanted) >= 0) (cut, _cutAfter) = (true, null);
            return true;
        });
        var answers = PumpAsync(far.GetStream(), near.GetStream(), (_, _) =>
        {
            if (cut) Cuts++;
            return !cut;
        });
        await Task.WhenAll(requests, answers);
    }
}
