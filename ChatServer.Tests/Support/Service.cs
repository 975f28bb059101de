namespace ChatServer.Tests.Support;

/// <summary>A process of the topology. <paramref name="Name"/> is that of its project.</summary>
public sealed record Service(int Id, string Name)
{
    private const string Prefix = "ChatServer.";

    public bool Runs => Read(Id) is { } now && now.Name == Name;

    /// <summary>The processes that run a project of ours below the Aspire orchestrator of <paramref name="appHost"/>, which monitors it.</summary>
    /// <param name="appHost">The process id of the AppHost, or of the <c>dotnet run</c> that started it.</param>
    public static IReadOnlyList<Service> Of(int appHost)
    {
        var children = ProcessIds().ToLookup(ParentOf);
        var found = children[appHost].Append(appHost).SelectMany(Orchestrators).ToList();
        // The list grows while it is walked.
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

    /// <summary>The process with an id; null if the process has ended or runs none of our projects.</summary>
    public static Service? Read(int id)
    {
        var program = CommandLine(id).Split('\0').Take(3)
            .Select(part => Path.GetFileName(part).Replace(".dll", "", StringComparison.Ordinal))
            .FirstOrDefault(part => part.StartsWith(Prefix, StringComparison.Ordinal));
        // A zombie has no command line: nothing has read its exit code yet, but it runs no more.
        return program is null ? null : new Service(id, program);
    }

    /// <summary>The variables with which it was started.</summary>
    public IReadOnlyDictionary<string, string> Environment() => File.ReadAllText($"/proc/{Id}/environ")
        .Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(variable => variable.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        using var process = System.Diagnostics.Process.GetProcessById(Id);
        process.Kill();
    }

    /// <summary>SIGSTOP.</summary>
    public void Pause()
    {
        using var kill = System.Diagnostics.Process.Start("kill", ["-STOP", $"{Id}"]);
        kill.WaitForExit();
    }

    private static IEnumerable<int> ProcessIds() => Directory.GetDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0).Where(id => id > 0);

    private static string CommandLine(int id) => Text(id, "cmdline");

    // "pid (name) state parent …"; the name may contain anything.
    private static int ParentOf(int id) => Text(id, "stat") is { Length: > 0 } stat ? int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], null) : 0;

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
