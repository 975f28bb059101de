using System.Buffers.Text;
using System.Text.Json;

namespace ChatServer.Client.Connections;

/// <summary>Renews the join token on an open connection, when three quarters of its lifetime are over.</summary>
internal sealed class TokenRenewer(ChatRoomOptions options)
{
    private const double RenewAfter = 0.75;

    private static readonly TimeSpan MinDelay = TimeSpan.FromSeconds(1), MaxDelay = TimeSpan.FromDays(1);

    // After a failure of the callback. The room keeps a member for 30 s after the expiry of its token.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    /// <summary>Runs until the connection ends.</summary>
    /// <param name="token">The token of the handshake.</param>
    /// <param name="send">Sends a newer one.</param>
    /// <param name="ct">Cancelled when the connection ends.</param>
    public async Task RunAsync(string token, Action<string> send, CancellationToken ct)
    {
        while (DelayOf(token) is { } delay)
        {
            await Task.Delay(delay, options.Time, ct);
            token = await GetAsync(ct);
            send(token);
        }
    }

    private async Task<string> GetAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return await options.Token!(ct);
            }
            catch (Exception) when (!ct.IsCancellationRequested)
            {
                await Task.Delay(RetryDelay, options.Time, ct);
            }
        }
    }

    // Null if the token does not tell. If the clock of this machine is wrong, the duration from the issue of the token counts.
    private TimeSpan? DelayOf(string token)
    {
        try
        {
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]));
            var now = options.Time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
            var expiresAt = claims.RootElement.GetProperty("exp").GetDouble();
            var issuedAt = claims.RootElement.TryGetProperty("iat", out var issued) ? issued.GetDouble() : now;
            var seconds = expiresAt > now && expiresAt - now < expiresAt - issuedAt ? expiresAt - now : expiresAt - issuedAt;
            var delay = TimeSpan.FromSeconds(Math.Clamp(seconds * RenewAfter, 0, MaxDelay.TotalSeconds));
            return delay > MinDelay ? delay : MinDelay;
        }
        catch (Exception e) when (e is FormatException or JsonException or KeyNotFoundException or InvalidOperationException
            or IndexOutOfRangeException)
        {
            return null;
        }
    }
}
