using System.Text.RegularExpressions;

namespace ChatServer.Tests.Architecture;

/// <summary>The tests and source files that the documents name exist, and so do the files to which they link.</summary>
public sealed partial class DocumentRules
{
    public static TheoryData<string> Documents => new(
        new[] { "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "examples/README.md" }.Concat(
            Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "docs"), "*.md", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(SourceTree.Root, file)).Order(StringComparer.Ordinal)));

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_test_that_a_document_names_exists(string document)
    {
        var tests = typeof(DocumentRules).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods()).Select(method => method.Name).ToHashSet();
        Assert.Empty(TestNames().Matches(Text(document)).Select(match => match.Groups[1].Value).Except(tests));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_link_of_a_document_leads_to_a_file(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(SourceTree.Root, document))!;
        Assert.DoesNotContain(
            Links().Matches(Text(document)).Select(match => match.Groups[1].Value), link => !Path.Exists(Path.Combine(folder, link)));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_source_file_that_a_document_names_exists(string document)
    {
        var files = Directory.EnumerateDirectories(SourceTree.Root, "ChatServer.*")
            .SelectMany(project => (string[])["*.cs", "*.lua"], (project, pattern) => (project, pattern))
            .SelectMany(search => Directory.EnumerateFiles(search.project, search.pattern, SearchOption.AllDirectories))
            .Select(file => file.Replace('\\', '/')).ToList();
        // A name may omit leading folders, and the prefix of a project.
        bool Exists(string name) => files.Exists(
            file => file.EndsWith($"/{name}", StringComparison.Ordinal) || file.EndsWith($"/ChatServer.{name}", StringComparison.Ordinal));
        Assert.All(SourceFiles().Matches(Text(document)).Select(match => match.Groups[1].Value), name => Assert.True(Exists(name), name));
    }

    [Fact]
    public void Path_of_a_message_stays_within_8_files_and_1200_lines()
    {
        var path = PathFiles().Matches(Text("docs/architecture.md")).Select(match => match.Groups[1].Value).ToList();
        var files = path.Select(name => SourceTree.Files("ChatServer.Broadcast").Concat(SourceTree.Files("ChatServer.RoomHost"))
            .Single(file => file.EndsWith($"/{name}", StringComparison.Ordinal)));
        Assert.Equal(8, path.Count);
        Assert.InRange(files.Sum(file => File.ReadLines(Path.Combine(SourceTree.Root, file)).Count()), 1, 1200);
    }

    // The rules above also hold if their patterns match nothing, so this test verifies that they match.
    [Fact]
    public void Patterns_of_these_rules_match_the_documents()
    {
        Assert.True(SourceFiles().Count(Text("docs/architecture.md")) > 20);
        Assert.True(TestNames().Count(Text("docs/invariants.md")) > 20);
        Assert.True(Links().Count(Text("README.md")) > 5);
    }

    private static string Text(string document) => File.ReadAllText(Path.Combine(SourceTree.Root, document));

    // At least three words joined by underscores, in backticks. The name of a setting is in capitals and does not match.
    [GeneratedRegex("`([A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]*[a-z0-9][A-Za-z0-9]*){2,})`")]
    private static partial Regex TestNames();

    // A file name in backticks, with or without folders.
    [GeneratedRegex("`((?:[A-Za-z0-9.]+/)*[A-Za-z0-9.-]+\\.(?:cs|lua))`")]
    private static partial Regex SourceFiles();

    // A file name in bold type.
    [GeneratedRegex("\\*\\*`([A-Za-z/]+\\.cs)`\\*\\*")]
    private static partial Regex PathFiles();

    // A link or an image that leads to a file of this repository, not to an anchor or another host.
    [GeneratedRegex(@"(?:\]\(|\ssrc="")((?!https?:)[^)#""]+)(?:#[^)]*)?[)""]")]
    private static partial Regex Links();
}
