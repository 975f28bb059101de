using ChatServer.Tests.EndToEnd.Web;
using ChatServer.Tests.Support;

[assembly: AssemblyFixture(typeof(ChatSiteFixture))]

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>
/// Tests of the pages. Their classes run in parallel on the one site of the assembly; a class whose tests disturb other members of a
/// site has its own through <see cref="IClassFixture{ChatSiteFixture}"/>.
/// </summary>
[Needs(OptionalProgram.Chromium)]
public abstract class WebTests(ChatSiteFixture fixture) : IAsyncLifetime
{
    protected ChatSite Site { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Site = await fixture.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        if (Site is not null) await Site.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>A deployment that starts with the first test that uses it.</summary>
public sealed class ChatSiteFixture : IAsyncDisposable
{
    private readonly ChatDeployment _deployment = new();
    private readonly Lock _lock = new();
    private Task? _started;

    /// <summary>The only way to a site: skips the test if the machine has no Chromium.</summary>
    public async Task<ChatSite> OpenAsync()
    {
        var chromium = OptionalProgram.Require(OptionalProgram.Chromium);
        Task started;
        lock (_lock) started = _started ??= _deployment.StartAsync(chromium);
        await started;
        return new ChatSite(_deployment);
    }

    public ValueTask DisposeAsync() => _deployment.DisposeAsync();
}
