using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Text;

namespace ChatServer.Cli.Bench.Fanout;

/// <summary>Sends the messages of a member: a window of messages, or one per call.</summary>
internal sealed class Publisher
{
    private readonly Lock _lock = new();
    private readonly FanoutState _state;
    private readonly FanoutMember _member;
    private readonly int _number;
    private readonly int _window;
    private readonly byte[] _message;
    private readonly Range _id, _text;
    private long _published;
    private long _echoed;
    private bool _echoReceived;

    public Publisher(FanoutState state, FanoutMember member, int number, int window, int textLength)
    {
        (_state, _member, _number, _window) = (state, member, number, window);
        var head = $$"""{"type":"message","id":"{{state.Run:x8}}-{{number:x}}-""";
        _message = Encoding.ASCII.GetBytes($$"""{{head}}{{0:x16}}","text":"{{new string('x', textLength)}}"}""");
        _id = head.Length..(head.Length + 16);
        _text = (_message.Length - 2 - textLength)..^2;
    }

    /// <summary>Number of sent messages.</summary>
    public long Published => Volatile.Read(ref _published);

    /// <summary>Records a message that this member received; its own one is the acknowledgement.</summary>
    public void OnEcho(in BenchStamp stamp)
    {
        if (stamp.Publisher != _number)
            return;
        _echoed++;
        _echoReceived = true;
    }

    /// <summary>Fills the window after an echo.</summary>
    public void FillWindowAfterEcho()
    {
        if (!_echoReceived)
            return;
        _echoReceived = false;
        FillWindow();
    }

    /// <summary>Sends messages until the window is full.</summary>
    public void FillWindow()
    {
        lock (_lock)
        {
            if (_window == 0 || !_state.Publishing || _published - _echoed >= _window)
                return;
            while (_published - _echoed < _window)
                Add();
        }
        _member.Flush();
    }

    /// <summary>Sends one message now.</summary>
    public void Publish()
    {
        lock (_lock)
        {
            if (!_state.Publishing)
                return;
            Add();
        }
        _member.Flush();
    }

    private void Add()
    {
        Utf8Formatter.TryFormat(_published, _message.AsSpan(_id), out _, new StandardFormat('x', 16));
        BenchText.Write(_message.AsSpan(_text), new BenchStamp(_state.Run, _number, _published, Stopwatch.GetTimestamp()));
        _member.Add(_message);
        Volatile.Write(ref _published, _published + 1);
    }
}
