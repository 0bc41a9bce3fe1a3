using System.Text;

namespace Tunewise.Hosting.Tests;

public class EnduringWriterTests
{
    [Fact]
    public void Write_ToADiskThatIsFullForAWhile_DropsThatAndBeginsALineAfterIt()
    {
        using var disk = new Disk();
        using var writer = new EnduringWriter(disk);
        writer.WriteLine("first");
        disk.Failure = new IOException("No space left on device");
        writer.WriteLine("second");
        writer.Write('x');
        writer.Flush();
        disk.Failure = null;
        writer.Write("third");
        writer.Write(['4', '5'], 1, 1);
        Assert.Equal($"first{Environment.NewLine}{Environment.NewLine}third5", disk.Text.ToString());
        Assert.Equal("No space left on device", writer.Trouble);
    }

    [Fact]
    public void Write_ToWhatIsClosed_IsNotTriedAgain()
    {
        using var disk = new Disk
        {
            Failure = new UnauthorizedAccessException("Access to the path is denied.", new IOException("Bad file descriptor")),
        };
        using var writer = new EnduringWriter(disk);
        writer.WriteLine("first");
        // Another file may have got its number.
        disk.Failure = null;
        writer.WriteLine("second");
        Assert.Equal("", disk.Text.ToString());
        Assert.Equal("Bad file descriptor", writer.Trouble);
    }

    private sealed class Disk : TextWriter
    {
        public StringBuilder Text { get; } = new();

        public Exception? Failure { get; set; }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            if (Failure is not null) throw Failure;
            Text.Append(value);
        }

        public override void Flush()
        {
            if (Failure is not null) throw Failure;
        }
    }
}
