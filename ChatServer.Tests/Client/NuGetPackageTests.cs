using System.IO.Compression;
using System.Xml.Linq;
using ChatServer.Tests.Architecture;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Client;

/// <summary>What <c>dotnet pack</c> puts into the packages of the client and of the contracts on which it depends.</summary>
public sealed class NuGetPackageTests
{
    [Theory]
    [InlineData("ChatServer.Client", "ChatServer.Contracts")]
    [InlineData("ChatServer.Contracts")]
    public async Task A_package_has_documentation_readme_icon_symbols_and_its_dependencies(string project, params string[] dependencies)
    {
        var folder = Directory.CreateTempSubdirectory("chat-packages-").FullName;
        // …/bin/Debug/net10.0/: the build of the tests has built the project in the same configuration.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        await using var pack = ServerProcess.Start(
            "dotnet",
            ["pack", Path.Combine(SourceTree.Root, project), "--no-build", "-c", configuration, "-o", folder, "-p:Version=1.2.3"],
            new Dictionary<string, string?> { ["MSBUILDDISABLENODEREUSE"] = "1" });
        await Eventually.Async(() => pack.HasExited, exited => exited, TimeSpan.FromMinutes(2));
        Assert.True(pack.ExitCode == 0, pack.Output);

        using var package = ZipFile.OpenRead(Path.Combine(folder, $"{project}.1.2.3.nupkg"));
        string[] expected = [$"lib/net10.0/{project}.dll", $"lib/net10.0/{project}.xml", "README.md", "icon.png"];
        Assert.Empty(expected.Except(package.Entries.Select(entry => entry.FullName)));
        using var symbols = ZipFile.OpenRead(Path.Combine(folder, $"{project}.1.2.3.snupkg"));
        Assert.Contains(symbols.Entries, entry => entry.FullName == $"lib/net10.0/{project}.pdb");

        using var nuspec = package.GetEntry($"{project}.nuspec")!.Open();
        var metadata = XDocument.Load(nuspec).Root!.Elements().Single();
        XName Name(string name) => metadata.Name.Namespace + name;
        Assert.Equal("README.md", metadata.Element(Name("readme"))?.Value);
        Assert.Equal("icon.png", metadata.Element(Name("icon"))?.Value);
        Assert.Equal("MIT", metadata.Element(Name("license"))?.Value);
        Assert.Equal(dependencies, metadata.Descendants(Name("dependency")).Select(dependency => (string)dependency.Attribute("id")!));
        Directory.Delete(folder, recursive: true);
    }
}
