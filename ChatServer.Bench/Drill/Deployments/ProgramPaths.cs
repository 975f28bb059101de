namespace ChatServer.Bench.Drill.Deployments;

/// <summary>
/// Finds the programs of a deployment: in a folder that was named, in this program's own, or, in the repository, where the build puts
/// each project.
/// </summary>
internal sealed class ProgramPaths(string? folder)
{
    /// <summary>How to run the service <paramref name="name"/>.</summary>
    /// <exception cref="BenchException">It is nowhere.</exception>
    public string[] Service(string name)
    {
        var file = $"ChatServer.{name}.dll";
        string[] places = folder is null
            ? [Path.Combine(AppContext.BaseDirectory, file), Path.Combine(InRepository(name), file)]
            : [Path.Combine(folder, file), Path.Combine(folder, $"ChatServer.{name}", file)];
        // A library without its settings for the runtime is somebody's reference, not a program.
        var found = places.FirstOrDefault(place => File.Exists(place) && File.Exists(Path.ChangeExtension(place, "runtimeconfig.json")))
            ?? throw new BenchException($"{file} is neither at {string.Join(" nor at ", places)}: --services names the folder that has it.");
        return ["dotnet", found];
    }

    /// <summary>A program of the PATH; null: it is not installed.</summary>
    public static string? Installed(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(place => Path.Combine(place, name)).FirstOrDefault(File.Exists);

    // …/ChatServer.Bench/bin/Debug/net10.0/ beside …/ChatServer.Api/bin/Debug/net10.0/
    private static string InRepository(string name)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        return framework.Parent is { Parent.Parent.Parent: { } root } configuration
            ? Path.Combine(root.FullName, $"ChatServer.{name}", "bin", configuration.Name, framework.Name)
            : AppContext.BaseDirectory;
    }
}
