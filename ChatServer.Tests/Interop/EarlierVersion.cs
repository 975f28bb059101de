using System.Formats.Tar;
using ChatServer.Tests.Architecture;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Interop;

/// <summary>The services of an earlier version, built from a commit in the history of the repository.</summary>
public sealed class EarlierVersion : IDisposable
{
    /// <summary>
    /// The commit: the predecessor of the version that writes data versions. After a release it is the commit of that release.
    /// </summary>
    public const string Commit = "fefacd665bad6fd24cc3a79b2ba3a9c9ebef261b";

    private static readonly TimeSpan BuildTimeout = TimeSpan.FromMinutes(5);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chatserver-earlier-");
    private bool _isBuilt;

    /// <summary>
    /// Builds the services, once, and returns the path of one without its extension. Skips the test without git, or if the history does not
    /// contain the commit.
    /// </summary>
    public async Task<string> BuildAsync(string project)
    {
        var git = OptionalProgram.Require(OptionalProgram.Git);
        if (!_isBuilt)
        {
            Assert.SkipUnless(
                await RunAsync(git, "-C", SourceTree.Root, "cat-file", "-e", $"{Commit}^{{commit}}") == 0,
                $"The history does not contain {Commit}.");
            var archive = Path.Combine(_folder.FullName, "archive.tar");
            Assert.Equal(0, await RunAsync(git, "-C", SourceTree.Root, "archive", "-o", archive, Commit));
            await TarFile.ExtractToDirectoryAsync(archive, _folder.FullName, overwriteFiles: true);
            foreach (var service in new[] { "ChatServer.RoomHost", "ChatServer.LoadBalancer" })
            {
                Assert.Equal(0, await RunAsync(
                    "dotnet", "build", Path.Combine(_folder.FullName, service), "-v", "q", "-nodeReuse:false", "-p:RunAnalyzers=false"));
            }
            _isBuilt = true;
        }
        return Path.Combine(_folder.FullName, project, "bin", "Debug", "net10.0", project);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        await using var process = ServerProcess.Start(program, arguments, new Dictionary<string, string?>());
        await Eventually.Async(() => process.HasExited, BuildTimeout);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) TestContext.Current.TestOutputHelper?.WriteLine(process.Output);
        return process.ExitCode;
    }
}
