using ChatServer.Tests.Support;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace ChatServer.Tests.Support;

/// <summary>
/// Starts the collections that take minutes before those that take seconds, because a long collection that starts last runs alone at the
/// end.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    /// <summary>Collections and namespaces whose tests start processes and wait for leases, the longest first.</summary>
    private static readonly string[] LongRunning =
    [
        AppHostCollection.Name, "ChatServer.Tests.RoomHost.Hosting.", "ChatServer.Tests.EndToEnd.", "ChatServer.Tests.Cli.",
        "ChatServer.Tests.Backplane.", "ChatServer.Tests.Client.", "ChatServer.Tests.Redis.", "ChatServer.Tests.Api.",
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(RankOf)];

    // A class without a named collection forms its own collection, named "Test collection for {class} (id: …)".
    private static int RankOf<TTestCollection>(TTestCollection collection) where TTestCollection : ITestCollection
    {
        var rank = Array.FindIndex(LongRunning, name => collection.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal));
        return rank < 0 ? LongRunning.Length : rank;
    }
}
