using System.Net.WebSockets;
using System.Text;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.LoadBalancer;

internal static class ClientWebSocketExtensions
{
    /// <summary>What the room says next, within <see cref="Eventually.Timeout"/>.</summary>
    public static async Task<string> ReceiveTextAsync(this ClientWebSocket member)
    {
        var buffer = new byte[4096];
        var result = await member.ReceiveAsync(buffer, TestContext.Current.CancellationToken).WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, result.Count);
    }
}
