namespace ChatServer.Tests.Support;

/// <summary>A process of the topology.</summary>
/// <param name="Id">The process id.</param>
/// <param name="Name">The name of its project.</param>
public sealed record Service(int Id, string Name)
{
    private const string Prefix = "ChatServer.";

    public bool Runs => Read(Id) is { } now && now.Name == Name;

    /// <summary>The processes of our projects that the Aspire orchestrator of an AppHost has started.</summary>
    /// <param name="appHost">The process id of the AppHost, or of the <c>dotnet run</c> that started it.</param>
    public static IReadOnlyList<Service> Of(int appHost)
    {
        var children = ProcessIds().ToLookup(ParentOf);
        var found = children[appHost].Append(appHost).SelectMany(Orchestrators).ToList();
        // The loop also visits the processes that it adds.
        for (var i = 0; i < found.Count; i++) found.AddRange(children[found[i]].Except(found).ToList());
        return [.. found.Select(Read).OfType<Service>()];
    }

    /// <summary>The processes of the Aspire orchestrator that monitor the AppHost with the id <paramref name="appHost"/>.</summary>
    public static IReadOnlyList<int> Orchestrators(int appHost) =>
    [
        .. ProcessIds().Where(id => CommandLine(id).Replace('\0', ' ') is var command
            && command.Contains("dcp start-apiserver", StringComparison.Ordinal)
            && command.Contains($" --monitor {appHost} ", StringComparison.Ordinal)),
    ];

    /// <summary>The process with an id; null if it has ended or runs none of our projects.</summary>
    public static Service? Read(int id)
    {
        var program = CommandLine(id).Split('\0').Take(3)
            .Select(part => Path.GetFileName(part).Replace(".dll", "", StringComparison.Ordinal))
            .FirstOrDefault(part => part.StartsWith(Prefix, StringComparison.Ordinal));
        // A process that has ended and whose exit code has not been read (a zombie) has no command line.
        return program is null ? null : new Service(id, program);
    }

    /// <summary>The environment variables with which the process was started.</summary>
    public IReadOnlyDictionary<string, string> Environment() => File.ReadAllText($"/proc/{Id}/environ")
        .Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(variable => variable.Split('=', 2))
        .ToDictionary(pair => pair[0], pair => pair[1]);

    /// <summary>Sends SIGKILL.</summary>
    public void Kill()
    {
        using var process = System.Diagnostics.Process.GetProcessById(Id);
        process.Kill();
    }

    /// <summary>Sends SIGSTOP.</summary>
    public void Pause()
    {
        using var kill = System.Diagnostics.Process.Start("kill", ["-STOP", $"{Id}"]);
        kill.WaitForExit();
    }

    private static IEnumerable<int> ProcessIds() => Directory.GetDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0).Where(id => id > 0);

    private static string CommandLine(int id) => Text(id, "cmdline");

    // "pid (name) state parent …"; the name may contain any character.
    private static int ParentOf(int id) =>
        Text(id, "stat") is { Length: > 0 } stat ? int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], null) : 0;

    private static string Text(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
