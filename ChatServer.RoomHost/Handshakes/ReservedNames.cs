using System.Collections.Frozen;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Handshakes;

/// <summary>The names that a member without a token may not use: they look like those of the operators.</summary>
internal sealed class ReservedNames
{
    private readonly FrozenSet<string> _keys;

    private ReservedNames(IEnumerable<string> keys) => _keys = keys.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Parses the setting: names, comma-separated.</summary>
    public static ReservedNames Parse(string setting) => new(
        setting.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(UserNames.Normalize).OfType<string>().Select(UserNames.KeyOf));

    /// <summary>Whether a normalized name is reserved.</summary>
    public bool Contains(string user) => _keys.Contains(UserNames.KeyOf(user));
}
