using Microsoft.Extensions.Configuration;

namespace ChatServer.AppHost;

/// <summary>Starts a project's executable itself instead of <c>dotnet run</c> around it.</summary>
internal static class DirectLaunch
{
    /// <summary>
    /// The build of the AppHost has built the project too, so <c>dotnet run --no-build</c> would only add an evaluation by MSBuild
    /// (about 3 s of CPU time per process) and a second process whose id and exit code are not those of the service.
    /// </summary>
    /// <remarks>
    /// Not under <c>dotnet watch</c>, which rebuilds; a debugger in an IDE ignores the annotation. Without the executable (a build output
    /// in another place) Aspire starts the project as usual.
    /// </remarks>
    public static IResourceBuilder<ProjectResource> WithDirectLaunch(this IResourceBuilder<ProjectResource> project)
    {
        var builder = project.ApplicationBuilder;
        if (!builder.ExecutionContext.IsRunMode || builder.Configuration.GetValue<bool>("DOTNET_WATCH")) return project;
        var source = project.Resource.GetProjectMetadata().ProjectPath;
        var folder = Path.GetDirectoryName(source)!;
        var name = Path.GetFileNameWithoutExtension(source) + (OperatingSystem.IsWindows() ? ".exe" : "");
        var executable = Path.Combine(folder, BuildOutput, name);
        return File.Exists(executable)
            ? project.WithAnnotation(new ExecutableAnnotation { Command = executable, WorkingDirectory = folder })
            : project;
    }

    // bin/{configuration}/{framework}, which the AppHost shares with the projects that it builds.
    private static string BuildOutput { get; } = Path.GetRelativePath(
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..")), AppContext.BaseDirectory);
}
