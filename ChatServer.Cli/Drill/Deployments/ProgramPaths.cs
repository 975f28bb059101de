namespace ChatServer.Cli.Drill.Deployments;

/// <summary>
/// Finds the programs of a deployment: in a given folder, in the folder of this program, or in the build output of each project of the
/// repository.
/// </summary>
internal sealed class ProgramPaths(string? folder)
{
    /// <summary>Command for the service <paramref name="name"/>.</summary>
    /// <exception cref="CliException">It was not found.</exception>
    public string[] Service(string name)
    {
        var file = $"ChatServer.{name}.dll";
        string[] places = folder is null
            ? [Path.Combine(AppContext.BaseDirectory, file), Path.Combine(InRepository(name), file)]
            : [Path.Combine(folder, file), Path.Combine(folder, $"ChatServer.{name}", file)];
        // An assembly without a runtimeconfig.json is a reference of another project, not a program.
        var found = places.FirstOrDefault(place => File.Exists(place) && File.Exists(Path.ChangeExtension(place, "runtimeconfig.json")))
            ?? throw new CliException(
                $"{file} is neither at {string.Join(" nor at ", places)}: --services names the folder that has it.");
        return ["dotnet", found];
    }

    /// <summary>Path of a program on the PATH; null if it is not installed.</summary>
    public static string? Installed(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(place => Path.Combine(place, name)).FirstOrDefault(File.Exists);

    // …/ChatServer.Cli/bin/Debug/net10.0/ beside …/ChatServer.Api/bin/Debug/net10.0/
    private static string InRepository(string name)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        return framework.Parent is { Parent.Parent.Parent: { } root } configuration
            ? Path.Combine(root.FullName, $"ChatServer.{name}", "bin", configuration.Name, framework.Name)
            : AppContext.BaseDirectory;
    }
}
