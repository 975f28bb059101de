using System.Net;
using System.Net.Sockets;

namespace ChatServer.LocalHosting.Runner;

/// <summary>Asks a process whether it is healthy.</summary>
internal sealed class HealthProbe(Uri address) : IDisposable
{
    /// <summary>Of one question. Health endpoints answer within two.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Patience };

    /// <summary>Null: healthy. Else what is wrong, for people.</summary>
    public async Task<string?> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            return address.Scheme == Uri.UriSchemeHttp ? await GetAsync(cancellationToken).ConfigureAwait(false)
                : await ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return error is OperationCanceledException ? $"no answer within {Patience.TotalSeconds:0} s" : "does not listen yet";
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<string?> GetAsync(CancellationToken cancellationToken)
    {
        using var answer = await _http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        return answer.StatusCode == HttpStatusCode.OK ? null : $"{address.AbsolutePath} answers {(int)answer.StatusCode}";
    }

    private async Task<string?> ConnectAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address.Host, address.Port, deadline.Token).ConfigureAwait(false);
        return null;
    }
}
