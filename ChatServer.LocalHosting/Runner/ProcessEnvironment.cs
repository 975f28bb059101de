using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;
using ChatServer.LocalHosting.Resources;

namespace ChatServer.LocalHosting.Runner;

/// <summary>
/// What each process of the topology is started with. Ours is inherited (PATH, OTEL_*, Logging__*), except what the topology gives to
/// particular processes: a key in the AppHost's environment is for those that it is declared for, and nobody else.
/// </summary>
/// <param name="projects">All of the topology.</param>
internal sealed class ProcessEnvironment(IReadOnlyList<ProjectResource> projects)
{
    // How the AppHost itself was started; ASPNETCORE_URLS is where its dashboard is.
    private static readonly string[] OfTheAppHost = ["ASPNETCORE_URLS", "DOTNET_LAUNCH_PROFILE", "DASHBOARD_PORT", "Orchestrator"];

    /// <summary>How to start <paramref name="project"/>: what was built, without building it again.</summary>
    public Launch LaunchOf(ProjectResource project)
    {
        var environment = new Dictionary<string, string?>();
        foreach (var name in OfTheAppHost.Concat(Inherited("ASPIRE_")).Concat(projects.SelectMany(Declared).Select(variable => variable.Name)))
            environment[name] = null;
        foreach (var variable in Declared(project))
            environment[variable.Name] = variable.Value;
        var hook = typeof(StartupHook).Assembly.Location;
        environment[StartupHook.Variable] = Environment.GetEnvironmentVariable(StartupHook.Variable) is { Length: > 0 } others
            ? $"{hook}{Path.PathSeparator}{others}"
            : hook;
        return new Launch(DotNet, ["exec", project.Project.TargetPath], Path.GetDirectoryName(project.Project.ProjectPath)!, environment);
    }

    /// <summary>The variables that the topology declares for <paramref name="project"/>, the ports of its endpoints among them.</summary>
    public static IReadOnlyList<ResourceVariable> Declared(ProjectResource project) =>
    [
        .. project.Endpoints.Where(endpoint => endpoint.Variable is not null)
            .Select(endpoint => new ResourceVariable(endpoint.Variable!, endpoint.Port!.Value.ToString(CultureInfo.InvariantCulture))),
        .. project.Environment.Select(variable => new ResourceVariable(variable.Key, variable.Value.Value, variable.Value.IsSecret)),
    ];

    // The one that runs us: the PATH may name another, or none.
    private static string DotNet => Path.GetFullPath(
        Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    private static IEnumerable<string> Inherited(string prefix) => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Select(variable => (string)variable.Key).Where(name => name.StartsWith(prefix, StringComparison.Ordinal));
}
