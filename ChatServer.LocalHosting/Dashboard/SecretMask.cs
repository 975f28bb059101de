using ChatServer.LocalHosting.Resources;

namespace ChatServer.LocalHosting.Dashboard;

/// <summary>Hides the values of the board's secret variables wherever they turn up: in the environment, in an address, in a log line.</summary>
internal sealed class SecretMask
{
    /// <summary>Stands for any secret, whatever its length.</summary>
    public const string Mask = "••••••••";

    // Below this a secret is hidden as a value, not inside of other text: one of "dev" would blot out half of every log.
    private const int MinLengthInText = 8;

    private readonly string[] _secrets;

    public SecretMask(IReadOnlyList<Resource> resources)
    {
        // A connection string may be no more than the address that its server shows to everybody.
        var addresses = resources.SelectMany(resource => resource.Status.Endpoints)
            .Select(endpoint => Uri.TryCreate(endpoint.Url, UriKind.Absolute, out var url) ? url.Authority : "");
        _secrets =
        [
            .. resources.SelectMany(resource => resource.Status.Environment)
                .Where(variable => variable.IsSecret && variable.Value.Length >= MinLengthInText)
                .Select(variable => variable.Value)
                .Except(addresses, StringComparer.Ordinal)
                .OrderByDescending(secret => secret.Length), // one secret may contain another
        ];
    }

    /// <summary>What may be shown of a variable's value. An empty secret is shown as what it is: missing.</summary>
    public string Value(ResourceVariable variable) => variable is { IsSecret: true, Value.Length: > 0 } ? Mask : Text(variable.Value);

    /// <summary>What may be shown of any other text.</summary>
    public string Text(string text)
    {
        foreach (var secret in _secrets)
            text = text.Replace(secret, Mask, StringComparison.Ordinal);
        return text;
    }
}
