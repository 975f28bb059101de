namespace ChatServer.Tests.Support;

/// <summary>One AppHost for tests that leave it as it is.</summary>
public sealed class SharedAppHost : IAsyncLifetime
{
    public TestingAppHost AppHost { get; private set; } = null!;

    public async ValueTask InitializeAsync() => AppHost = await TestingAppHost.StartAsync(
        ("MAX_ROOMS", "50"), ("DOTNET_ENVIRONMENT", "Production"), ("ASPNETCORE_ENVIRONMENT", "Development"));

    public ValueTask DisposeAsync() => AppHost.DisposeAsync();
}
