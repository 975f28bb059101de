namespace ChatServer.Broadcast.Turns;

/// <summary>The owner of a <see cref="TurnQueue"/>. The queue never calls two members at the same time.</summary>
public interface ITurnHandler
{
    /// <summary>Whether work is waiting that needs a turn, posted actions aside. Asked after each turn.</summary>
    bool HasWork { get; }

    /// <summary>Does the work of one turn. The posted actions ran before it.</summary>
    void RunTurn();

    /// <summary>A posted action or <see cref="RunTurn"/> failed. Must not throw.</summary>
    void OnTurnFailed(Exception error);
}
