using System.Text.RegularExpressions;

namespace ChatServer.Tests.Metrics;

/// <summary>Finds the metrics that an expression of PromQL names.</summary>
internal static partial class PromQl
{
    private static readonly HashSet<string> Words =
    [
        "sum", "min", "max", "avg", "by", "without", "rate", "increase", "histogram_quantile", "avg_over_time", "topk", "and", "or", "unless", "on",
    ];

    /// <summary>The names, without functions, keywords, labels, ranges and numbers.</summary>
    public static IReadOnlyList<string> MetricsOf(string expression) =>
    [
        .. Name().Matches(NotMetrics().Replace(expression, " ")).Select(match => match.Value).Where(name => !Words.Contains(name)).Distinct(),
    ];

    // Matchers, ranges, and the labels of an aggregation.
    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on)\s*\([^)]*\)")]
    private static partial Regex NotMetrics();

    [GeneratedRegex(@"\b[a-zA-Z_:][a-zA-Z0-9_:]*\b")]
    private static partial Regex Name();
}
