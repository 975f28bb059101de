using ChatServer.AppHost;
using ChatServer.Settings;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.AppHost;

public sealed class MovedCheckoutTests : IDisposable
{
    private static readonly string Output = Path.Combine("bin", "Debug", "net10.0");

    private readonly string _folder = Directory.CreateTempSubdirectory("moved-checkout-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task AppHost_of_a_copied_checkout_starts_nothing_and_names_both_folders()
    {
        var project = CreateCheckout("copy");
        var built = AppContext.BaseDirectory.Replace("ChatServer.Tests", "ChatServer.AppHost", StringComparison.Ordinal);
        var output = Path.Combine(project, Output);
        CopyFolder(built, output);

        await using var appHost = ServerProcess.Start(
            "dotnet", [Path.Combine(output, "ChatServer.AppHost.dll")], new Dictionary<string, string?>());
        await appHost.WaitForExitAsync(RunningAppHost.Timeout);

        Assert.Equal(1, appHost.ExitCode);
        var line = Assert.Single(appHost.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains($"was built in {Projects.ChatServer_AppHost.ProjectPath} ", line, StringComparison.Ordinal);
        Assert.EndsWith($" not those of {project}: build it again.", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ChatServer.AppHost")]
    [InlineData("ChatServer.Tests")]
    public void Program_of_a_moved_checkout_is_refused(string runningProject)
    {
        var old = CreateCheckout("old");
        var moved = CreateCheckout("moved");
        var output = Path.Combine(Path.GetDirectoryName(moved)!, runningProject, Output);
        Assert.Throws<StartupException>(() => MovedCheckout.ThrowIfMoved(old, output));
    }

    [Fact]
    public void Checkout_that_is_reached_through_a_link_is_not_moved()
    {
        var project = CreateCheckout("real");
        var link = Path.Combine(_folder, "link");
        Directory.CreateSymbolicLink(link, Path.Combine(_folder, "real"));
        var linked = Path.Combine(link, "ChatServer.AppHost");
        MovedCheckout.ThrowIfMoved(linked, Path.Combine(project, Output));
        MovedCheckout.ThrowIfMoved(project, Path.Combine(linked, Output));
    }

    [Fact]
    public void Build_output_outside_a_checkout_is_not_moved() =>
        MovedCheckout.ThrowIfMoved(CreateCheckout("checkout"), Path.Combine(_folder, "output"));

    private string CreateCheckout(string name)
    {
        var project = Directory.CreateDirectory(Path.Combine(_folder, name, "ChatServer.AppHost")).FullName;
        File.WriteAllText(Path.Combine(project, "ChatServer.AppHost.csproj"), "<Project/>");
        return project;
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
