using System.Globalization;
using System.Text.RegularExpressions;

namespace ChatServer.Tests.Metrics;

/// <summary>An answer of <c>/metrics</c>.</summary>
internal sealed partial class Scrape
{
    private readonly List<(string Name, string Labels, double Value)> _samples = [];

    private Scrape(string text)
    {
        foreach (var line in text.Split('\n').Where(line => Sample().IsMatch(line)))
        {
            var sample = Sample().Match(line).Groups;
            _samples.Add((sample[1].Value, sample[2].Value, double.Parse(sample[3].Value, CultureInfo.InvariantCulture)));
        }
    }

    /// <summary>The names of all samples.</summary>
    public IReadOnlySet<string> Names => _samples.Select(sample => sample.Name).ToHashSet();

    public static async Task<Scrape> OfAsync(HttpClient service) =>
        new(await service.GetStringAsync("/metrics", TestContext.Current.CancellationToken));

    /// <summary>The sum of the samples of a name whose labels contain each of <paramref name="labels"/>.</summary>
    public double Sum(string name, params string[] labels) => _samples
        .Where(sample => sample.Name == name && labels.All(label => sample.Labels.Contains(label, StringComparison.Ordinal)))
        .Sum(sample => sample.Value);

    [GeneratedRegex("^([a-z][a-z0-9_]*)(\\{.*\\})? ([-+0-9.eEInfNa]+)")]
    private static partial Regex Sample();
}
