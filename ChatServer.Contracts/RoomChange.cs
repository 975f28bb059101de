using System.ComponentModel.DataAnnotations;

namespace ChatServer.Contracts;

/// <summary>Changes options of a room; those that are not stated stay as they are.</summary>
public sealed record RoomChange
{
    private readonly List<Func<RoomOptions, RoomOptions>> _changes = [];

    /// <summary>Title of the room; null: its name.</summary>
    [MaxLength(RoomOptions.MaxTitleLength)]
    public string? Title { get; init => field = Add(value, options => options with { Title = value }); }

    /// <summary>Maximum number of members; 0: no limit. Members beyond a lower limit stay.</summary>
    [Range(0, int.MaxValue)]
    public int MaxMembers { get; init => field = Add(value, options => options with { MaxMembers = value }); }

    /// <summary>Seconds between two messages of one <c>uid</c>; 0: no slow mode.</summary>
    [Range(0, RoomOptions.MaxSlowModeSeconds)]
    public int SlowModeSeconds { get; init => field = Add(value, options => options with { SlowModeSeconds = value }); }

    /// <summary>Seconds without a member after which the room is shut down; 0: never.</summary>
    [Range(0, int.MaxValue)]
    public int IdleTimeoutSeconds { get; init => field = Add(value, options => options with { IdleTimeoutSeconds = value }); }

    /// <summary>Whether joining requires a token for the room. True closes the members without a token with 4003.</summary>
    public bool Private { get; init => field = Add(value, options => options with { Private = value }); }

    /// <summary>The options after the change.</summary>
    public RoomOptions ApplyTo(RoomOptions options) => _changes.Aggregate(options, (changed, change) => change(changed));

    /// <summary>The first rule that the change violates; null if it is valid for every room.</summary>
    public string? Validate() => ApplyTo(new RoomOptions()).Validate();

    private T Add<T>(T value, Func<RoomOptions, RoomOptions> change)
    {
        _changes.Add(change);
        return value;
    }
}
