using ChatServer.Settings;

namespace ChatServer.AppHost;

/// <summary>
/// Detects a checkout that was moved or copied after its build. The build compiles the paths of the services into the AppHost, so without
/// a new build (<c>dotnet run --no-build</c>) the AppHost would start the services of the old folder.
/// </summary>
internal static class MovedCheckout
{
    private const string Project = "ChatServer.AppHost";

    /// <summary>Checks the folder of this program.</summary>
    /// <exception cref="StartupException">The checkout was moved.</exception>
    public static void ThrowIfMoved() => ThrowIfMoved(Projects.ChatServer_AppHost.ProjectPath, AppContext.BaseDirectory);

    /// <summary>Checks a folder.</summary>
    /// <param name="builtIn">The folder of the AppHost's project when it was built.</param>
    /// <param name="outputFolder">The folder of the program, <c>…/{project}/bin/{configuration}/{framework}</c> in a checkout.</param>
    /// <exception cref="StartupException">The checkout was moved.</exception>
    public static void ThrowIfMoved(string builtIn, string outputFolder)
    {
        var current = Path.GetFullPath(Path.Combine(outputFolder, "..", "..", "..", "..", Project));
        // A build output outside a checkout may start the services of the checkout in which it was built.
        if (!File.Exists(Path.Combine(current, $"{Project}.csproj")))
            return;
        if (Path.GetRelativePath(WithoutLinks(builtIn), WithoutLinks(current)) != ".")
            throw new StartupException(
                $"This AppHost was built in {builtIn} and would start the services of that folder, not those of {current}: "
                + "build it again.");
    }

    private static string WithoutLinks(string folder)
    {
        var info = new DirectoryInfo(folder);
        if (info.Parent is not { } parent)
            return info.FullName;
        var path = Path.Combine(WithoutLinks(parent.FullName), info.Name);
        return Directory.ResolveLinkTarget(path, returnFinalTarget: true) is { } target ? WithoutLinks(target.FullName) : path;
    }
}
