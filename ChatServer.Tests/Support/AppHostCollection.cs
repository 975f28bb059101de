namespace ChatServer.Tests.Support;

/// <summary>
/// Tests that start an AppHost run one after another: ten processes start with each, and several at once would delay each other beyond
/// the timeouts of their Redis clients. Other collections run at the same time.
/// </summary>
[CollectionDefinition(Name)]
public sealed class AppHostCollection : ICollectionFixture<SharedAppHost>
{
    public const string Name = "AppHost";
}
