using System.Text.RegularExpressions;

namespace ChatServer.Tests.Architecture;

/// <summary>The form of source files, where neither the compiler nor <c>dotnet format whitespace</c> checks it.</summary>
public sealed partial class SourceRules
{
    // As `dotnet format` sorts them. It would take a minute to check this alone.
    [Fact]
    public void Using_directives_are_sorted_with_System_first() => Assert.Empty(
        from project in SourceTree.Projects.Values
        from file in SourceTree.Files(project.Folder)
        let names = File.ReadLines(Path.Combine(SourceTree.Root, file)).Select(line => UsingDirective().Match(line))
            .Where(match => match.Success).Select(match => match.Groups["name"].Value).ToList()
        let sorted = names.OrderBy(name => !IsSystem(name)).ThenBy(name => name.Replace('.', '\0'), StringComparer.OrdinalIgnoreCase)
        where !names.SequenceEqual(sorted)
        select file);

    private static bool IsSystem(string name) => name == "System" || name.StartsWith("System.", StringComparison.Ordinal);

    [GeneratedRegex(@"^using (?<name>[A-Za-z][\w.]*);$")]
    private static partial Regex UsingDirective();
}
