using System.Text.RegularExpressions;

namespace ChatServer.Tests.Architecture;

/// <summary>Who may refer to whom. Services meet in Redis, and nowhere else.</summary>
public sealed partial class ReferenceRules
{
    // A project, and the projects that it may refer to. One that is not here fails: give it a row, and think about it.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Contracts"] = [],
        ["Metrics"] = ["Contracts"],
        ["Settings"] = ["Contracts"],
        ["Backplane"] = ["Contracts", "Metrics", "Settings"],
        ["Broadcast"] = ["Contracts", "Metrics"],
        ["Tokens"] = ["Contracts", "Settings"],
        ["ServiceDefaults"] = ["Contracts", "Metrics", "Settings"],
        ["Web"] = ["Contracts", "Metrics", "Settings"],
        ["Api"] = ["Contracts", "Settings", "Backplane", "ServiceDefaults", "Tokens", "Web"],
        ["Admin"] = ["Contracts", "Settings", "Backplane", "ServiceDefaults", "Tokens", "Web"],
        ["RoomHost"] = ["Contracts", "Metrics", "Settings", "Backplane", "Broadcast", "ServiceDefaults", "Tokens", "Web"],
        ["LoadBalancer"] = ["Contracts", "Metrics", "Settings", "Backplane", "Broadcast", "ServiceDefaults", "Web"],
        ["Redis"] = ["Settings"],
        ["AppHost"] = ["Settings", "Redis", "Api", "Admin", "RoomHost", "LoadBalancer"],
        ["Client"] = ["Contracts"],
        ["Cli"] = ["Contracts", "Settings", "Broadcast", "Client", "Backplane"],
        ["Examples.Bot"] = ["Client"],
        ["Tests"] =
        [
            "Contracts", "Metrics", "Settings", "Backplane", "Broadcast", "ServiceDefaults", "Tokens", "Web", "Api", "Admin", "RoomHost",
            "LoadBalancer", "Redis", "AppHost", "Client", "Cli", "Examples.Bot",
        ],
    };

    // A package, by the part of its name that matters, and the one project whose business it is. Aspire's client of Redis is Redis.
    private static readonly Dictionary<string, string> Owners = new()
    {
        ["StackExchange.Redis"] = "Backplane",
        ["Yarp."] = "LoadBalancer",
        ["Microsoft.Garnet"] = "Redis",
        ["Microsoft.IdentityModel."] = "Tokens",
        ["NSec."] = "Tokens",
    };

    public static TheoryData<string> ProjectNames => new(SourceTree.Projects.Keys);

    // The path of a message. A member joins it through JoinRequest, which is HTTP.
    private static IEnumerable<string> BroadcastLoop =>
    [
        .. SourceTree.Files("ChatServer.RoomHost/Rooms").Where(file => !file.EndsWith("/JoinRequest.cs", StringComparison.Ordinal)),
        .. SourceTree.Files("ChatServer.Broadcast/Frames"),
        .. SourceTree.Files("ChatServer.Broadcast/Rings"),
        "ChatServer.Broadcast/Connections/NonBlockingSocket.cs",
        "ChatServer.Broadcast/Connections/SharedPages.cs",
    ];

    [Theory]
    [MemberData(nameof(ProjectNames))]
    public void Project_references_only_the_allowed_projects(string project)
    {
        Assert.True(Allowed.ContainsKey(project), $"{project} has no row in the table of references.");
        Assert.Empty(SourceTree.Projects[project].Projects.Except(Allowed[project]));
    }

    [Fact]
    public void Contracts_references_no_package_or_framework() => Assert.Empty(
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

    // References are inherited: a project that refers to the Backplane could call Redis.
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

    // It is a project that has neither; this rule keeps out what reaches it through Contracts or ASP.NET Core.
    [Fact]
    public void Broadcast_uses_no_room_and_of_ASP_NET_only_the_detaching_of_a_connection() => Assert.Empty(
        SourceTree.Uses(SourceTree.Files("ChatServer.Broadcast"), RoomNames()).Concat(
            SourceTree.Uses(FilesOutsideConnections, AspNetNames())));

    private static IEnumerable<string> FilesOutsideConnections => SourceTree.Files("ChatServer.Broadcast")
        .Where(file => !file.StartsWith("ChatServer.Broadcast/Connections/", StringComparison.Ordinal));

    private static IEnumerable<string> FilesOfAllBut(params string[] projects) =>
        SourceTree.Projects.Keys.Except(projects).SelectMany(project => SourceTree.Files(SourceTree.Projects[project].Folder));

    [GeneratedRegex(@"\bStackExchange\b|\bIConnectionMultiplexer\b|\bRedisValue\b")]
    private static partial Regex RedisNames();

    [GeneratedRegex(@"\bYarp\.")]
    private static partial Regex YarpNames();

    [GeneratedRegex(@"\bI?HttpClient(Factory)?\b")]
    private static partial Regex HttpClientNames();

    // Names too, not only namespaces: a web project imports ASP.NET and logging everywhere by itself.
    [GeneratedRegex(@"\bStackExchange\b|\bMicrosoft\.(AspNetCore|Extensions\.Logging)\b|\bHttpContext\b"
        + @"|\bHttpRe(quest|sponse)\b|\bI?Logger(Factory|Message)?\b|\bLogLevel\b")]
    private static partial Regex LoopStrangers();

    [GeneratedRegex(@"\bChatServer\.(Backplane|RoomHost)\b")]
    private static partial Regex RoomNames();

    [GeneratedRegex(@"\bMicrosoft\.AspNetCore\b|\bHttpContext\b")]
    private static partial Regex AspNetNames();
}
