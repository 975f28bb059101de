using System.Text.RegularExpressions;

namespace ChatServer.Tests.Architecture;

/// <summary>Who may refer to whom. Services meet in Redis, and nowhere else.</summary>
public sealed partial class ReferenceRules
{
    // A project, and the projects that it may refer to. One that is not here fails: give it a row, and think about it.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Contracts"] = [],
        ["Settings"] = ["Contracts"],
        ["Backplane"] = ["Contracts", "Settings"],
        ["ServiceDefaults"] = ["Contracts", "Settings"],
        ["Web"] = ["Contracts", "Settings"],
        ["Api"] = ["Contracts", "Settings", "Backplane", "ServiceDefaults", "Web"],
        ["Admin"] = ["Contracts", "Settings", "Backplane", "ServiceDefaults", "Web"],
        ["RoomHost"] = ["Contracts", "Settings", "Backplane", "ServiceDefaults", "Web"],
        ["LoadBalancer"] = ["Contracts", "Settings", "Backplane", "ServiceDefaults", "Web"],
        ["Redis"] = ["Settings"],
        ["AppHost"] = ["Settings", "Redis", "Api", "Admin", "RoomHost", "LoadBalancer"],
        ["Client"] = ["Contracts"],
        ["Bench"] = ["Contracts", "Client"],
        ["Examples.Bot"] = ["Client"],
        ["Tests"] =
        [
            "Contracts", "Settings", "Backplane", "ServiceDefaults", "Web", "Api", "Admin", "RoomHost", "LoadBalancer", "Redis", "AppHost",
            "Client", "Bench", "Examples.Bot",
        ],
    };

    // A package, by the part of its name that matters, and the one project whose business it is. Aspire's client of Redis is Redis.
    private static readonly Dictionary<string, string> Owners = new()
    {
        ["StackExchange.Redis"] = "Backplane",
        ["Yarp."] = "LoadBalancer",
        ["Microsoft.Garnet"] = "Redis",
    };

    public static TheoryData<string> ProjectNames => new(SourceTree.Projects.Keys);

    // The way of one message, from the member that said it to the sockets of all. Before it a member comes through the door
    // (JoinRequest), which is HTTP; around it the host may log.
    private static IEnumerable<string> BroadcastLoop =>
    [
        .. SourceTree.Files("ChatServer.RoomHost/Rooms").Where(file => !file.EndsWith("/JoinRequest.cs", StringComparison.Ordinal)),
        "ChatServer.RoomHost/Sockets/FrameReader.cs",
        "ChatServer.RoomHost/Sockets/FrameWriter.cs",
        "ChatServer.RoomHost/Sockets/NonBlockingSocket.cs",
    ];

    [Theory]
    [MemberData(nameof(ProjectNames))]
    public void A_project_refers_only_to_those_that_it_may(string project)
    {
        Assert.True(Allowed.ContainsKey(project), $"{project} has no row in the table of references.");
        Assert.Empty(SourceTree.Projects[project].Projects.Except(Allowed[project]));
    }

    [Fact]
    public void Contracts_refers_to_nothing() => Assert.Empty(
        SourceTree.Projects["Contracts"].Packages.Concat(SourceTree.Projects["Contracts"].Frameworks));

    [Fact]
    public void Client_has_no_dependencies() => Assert.Empty(
        SourceTree.Projects["Client"].Packages.Concat(SourceTree.Projects["Client"].Frameworks));

    [Theory]
    [MemberData(nameof(ProjectNames))]
    public void Owned_package_is_referenced_only_by_its_owner(string project) => Assert.Empty(
        from package in SourceTree.Projects[project].Packages
        from owner in Owners
        where package.Contains(owner.Key, StringComparison.Ordinal) && owner.Value != project
        select $"{package} belongs to {owner.Value}");

    // References are inherited: whoever refers to the Backplane could call Redis.
    [Fact]
    public void Only_the_Backplane_references_Redis() => Assert.Empty(
        SourceTree.Uses(FilesOfAllBut("Backplane", "Tests"), RedisNames()));

    [Fact]
    public void Only_the_LoadBalancer_references_Yarp() => Assert.Empty(
        SourceTree.Uses(FilesOfAllBut("LoadBalancer", "Tests"), YarpNames()));

    [Fact]
    public void RoomHost_and_Admin_use_no_HTTP_client() => Assert.Empty(
        SourceTree.Uses([.. SourceTree.Files("ChatServer.RoomHost"), .. SourceTree.Files("ChatServer.Admin")], HttpClientNames()));

    [Fact]
    public void Broadcast_loop_references_neither_Redis_nor_ASP_NET_nor_logging() => Assert.Empty(
        SourceTree.Uses(BroadcastLoop, LoopStrangers()));

    [Fact]
    public void Sockets_reference_neither_rooms_nor_Redis() => Assert.Empty(
        SourceTree.Uses(SourceTree.Files("ChatServer.RoomHost/Sockets"), RoomNames()));

    private static IEnumerable<string> FilesOfAllBut(params string[] projects) =>
        SourceTree.Projects.Keys.Except(projects).SelectMany(project => SourceTree.Files(SourceTree.Projects[project].Folder));

    [GeneratedRegex(@"\bStackExchange\b|\bIConnectionMultiplexer\b|\bRedisValue\b")]
    private static partial Regex RedisNames();

    [GeneratedRegex(@"\bYarp\.")]
    private static partial Regex YarpNames();

    [GeneratedRegex(@"\bI?HttpClient(Factory)?\b")]
    private static partial Regex HttpClientNames();

    // Names too, not only namespaces: a web project imports ASP.NET and logging everywhere by itself.
    [GeneratedRegex(@"\bStackExchange\b|\bMicrosoft\.(AspNetCore|Extensions\.Logging)\b|\bHttpContext\b|\bHttpRe(quest|sponse)\b|\bI?Logger(Factory|Message)?\b|\bLogLevel\b")]
    private static partial Regex LoopStrangers();

    [GeneratedRegex(@"\bChatServer\.(Backplane|RoomHost\.(Rooms|Hosting))\b")]
    private static partial Regex RoomNames();
}
