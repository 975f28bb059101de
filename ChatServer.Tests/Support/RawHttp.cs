using System.Net.Sockets;
using System.Text;

namespace ChatServer.Tests.Support;

/// <summary>Sends the bytes of an HTTP request, valid or not, and returns the answer.</summary>
internal static class RawHttp
{
    /// <summary>Sends <paramref name="request"/> (one byte for each character) and reads until the server closes the connection.</summary>
    public static async Task<string> ExchangeAsync(int port, string request)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port, timeout.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), timeout.Token);
        var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer, timeout.Token);
        }
        catch (IOException)
        {
            // A reset after the answer: the server did not read everything.
        }
        return Encoding.Latin1.GetString(answer.ToArray());
    }
}
