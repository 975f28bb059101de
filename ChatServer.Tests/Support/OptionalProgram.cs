using System.Collections.Concurrent;
using Xunit.v3;

namespace ChatServer.Tests.Support;

/// <summary>
/// Programs that tests use and that may not be installed. A test that needs one declares it with <see cref="NeedsAttribute"/>
/// and gets its path from <see cref="Require"/>, the only place that skips a test because of a missing program.
/// </summary>
public static class OptionalProgram
{
    public const string Chromium = "chromium", Git = "git", Nginx = "nginx", Node = "node", RedisServer = "redis-server",
        SystemdAnalyze = "systemd-analyze";

    private static readonly ConcurrentDictionary<string, string?> Found = new();

    /// <summary>
    /// The path of a program: the value of the environment variable with its name in capitals (<c>REDIS_SERVER</c> for
    /// <c>redis-server</c>), or the first match on the PATH; null if it is not installed.
    /// </summary>
    public static string? Find(string program) => Found.GetOrAdd(program, Search);

    /// <summary>
    /// The path of a program; skips the current test if it is not installed. Call it from a test, its constructor or its
    /// <c>InitializeAsync</c>: xunit reports a skip in a fixture as a failure of every test that uses the fixture.
    /// </summary>
    public static string Require(string program)
    {
        // Also if the program is installed: .ci/run selects the tests by this trait and checks that they skip without the program.
        var test = TestContext.Current.Test;
        var declared = test?.Traits.GetValueOrDefault(NeedsAttribute.Trait)?.Contains(program) is true;
        Assert.True(declared, $"{test?.TestDisplayName ?? "A fixture"} uses {program} without [Needs(\"{program}\")].");
        var path = Find(program);
        Assert.SkipWhen(path is null, $"{program} is neither on the PATH nor named by {Variable(program)}");
        return path;
    }

    private static string? Search(string program)
    {
        if (Environment.GetEnvironmentVariable(Variable(program)) is { Length: > 0 } named)
            return File.Exists(named) ? named : null;
        // The shell has no windows: it opens a page with a third of the CPU time.
        string[] names = program == Chromium ? ["chromium-headless-shell", Chromium, "chromium-browser", "google-chrome"] : [program];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        return names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }

    private static string Variable(string program) => program.ToUpperInvariant().Replace('-', '_');
}

/// <summary>Declares that tests need an <see cref="OptionalProgram"/>; derived classes inherit it.</summary>
/// <param name="program">A constant of <see cref="OptionalProgram"/>.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)]
public sealed class NeedsAttribute(string program) : Attribute, ITraitAttribute
{
    /// <summary>For <c>dotnet test --filter Needs=redis-server</c>, or <c>Needs=any</c> for every test that needs a program.</summary>
    public const string Trait = "Needs";

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new(Trait, program), new(Trait, "any")];
}
