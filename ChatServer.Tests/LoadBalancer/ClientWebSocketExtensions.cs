using System.Net.WebSockets;
using System.Text;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.LoadBalancer;

internal static class ClientWebSocketExtensions
{
    /// <summary>Receives the next text of the room, within <see cref="Eventually.Timeout"/>.</summary>
    public static async Task<string> ReceiveTextAsync(this ClientWebSocket member)
    {
        var buffer = new byte[4096];
        var ct = TestContext.Current.CancellationToken;
        var result = await member.ReceiveAsync(buffer, ct).WaitAsync(Eventually.Timeout, ct);
        return Encoding.UTF8.GetString(buffer, 0, result.Count);
    }
}
